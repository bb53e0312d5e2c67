import CArchive
import Glibc
import SandboxPlan

/// Turns a stream of tree entries into a tar stream; blocking, with one buffer of memory.
struct TarWriter {
    private let sink: TarSink
    private let limits: TreeLimits
    private let archive: OpaquePointer
    private var transfer = TreeTransfer()

    /// Returns at the end mark; without one, the stream has no end either, and the error says why.
    static func copy(_ stream: InterruptibleStream, limits: TreeLimits) throws(SandboxError) -> TreeTransfer {
        guard let archive = archive_write_new() else { throw .system(call: "archive_write_new", errno: ENOMEM) }
        let sink = TarSink(stream)
        // Freed while the sink is there: freeing writes what is left.
        defer { withExtendedLifetime(sink) { _ = archive_write_free(archive) } }
        // GNU tar keeps names as bytes; pax would convert them by the locale, which daemons do not set.
        archive_write_set_format_gnutar(archive)
        let box = Unmanaged.passUnretained(sink).toOpaque()
        guard archive_write_open(archive, box, nil, writeTarSink, nil) == ARCHIVE_OK else {
            throw .system(call: "archive_write_open: \(archiveReason(archive))", errno: ENOMEM)
        }
        var writer = TarWriter(sink: sink, limits: limits, archive: archive)
        do throws(SandboxError) {
            let transfer = try writer.copyAll()
            guard archive_write_close(archive) == ARCHIVE_OK else { throw writer.failure() }
            return transfer
        } catch {
            // No end mark: what has been sent must not look complete.
            sink.isBroken = true
            throw error
        }
    }

    private init(sink: TarSink, limits: TreeLimits, archive: OpaquePointer) {
        self.sink = sink
        self.limits = limits
        self.archive = archive
    }

    private mutating func copyAll() throws(SandboxError) -> TreeTransfer {
        while true {
            guard let record = try record() else { throw .workerKilled }
            if record.kind == .end { return transfer }
            try transfer.count(record, within: limits)
            try write(record)
        }
    }

    private func record() throws(SandboxError) -> TreeEntry? {
        guard let header = try take(4) else { return nil }
        let length = header.reversed().reduce(0) { $0 << 8 | Int($1) }
        guard length <= 1 << 16 else { throw .protocolBroken("tree record of \(length) bytes") }
        guard let bytes = try take(length) else { return nil }
        guard let entry = try? TreeEntry(decoding: bytes) else { throw .protocolBroken("tree record") }
        return entry
    }

    private func take(_ count: Int) throws(SandboxError) -> [UInt8]? {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let piece = try sink.next(atMost: count - bytes.count)
            guard !piece.isEmpty else { return nil }
            bytes += piece
        }
        return bytes
    }

    private func write(_ record: TreeEntry) throws(SandboxError) {
        guard let entry = archive_entry_new() else { throw .system(call: "archive_entry_new", errno: ENOMEM) }
        defer { archive_entry_free(entry) }
        archive_entry_copy_pathname(entry, SandboxPath(bytes: record.path).cString)
        archive_entry_set_perm(entry, record.mode & 0o777)
        archive_entry_set_mtime(entry, Int(record.modified), 0)
        switch record.kind {
        case .file:
            archive_entry_set_filetype(entry, S_IFREG)
            archive_entry_set_size(entry, Int64(record.contentBytes))
        case .directory: archive_entry_set_filetype(entry, S_IFDIR)
        case .symlink:
            archive_entry_set_filetype(entry, S_IFLNK)
            archive_entry_copy_symlink(entry, SandboxPath(bytes: record.target).cString)
        case .deleted, .emptied, .other, .end, .hardlink: throw .protocolBroken("an entry of a tree")
        }
        // A name that the locale does not know is a warning: it is written as it is.
        guard archive_write_header(archive, entry) >= ARCHIVE_WARN else { throw failure() }
        var left = record.contentBytes
        while left > 0 {
            let piece = try sink.next(atMost: Int(clamping: left))
            guard !piece.isEmpty else { throw .workerKilled }
            guard archive_write_data(archive, piece.baseAddress, piece.count) == piece.count else { throw failure() }
            left -= UInt64(piece.count)
        }
    }

    private func failure() -> SandboxError {
        sink.failure ?? .system(call: "write the tar stream: \(archiveReason(archive))", errno: EIO)
    }
}

/// What libarchive writes to, and where entries come from.
private final class TarSink {
    private let stream: InterruptibleStream
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    private var unread: Range<Int> = 0..<0
    private(set) var failure: SandboxError?
    /// Nothing more is written, whatever libarchive still has.
    var isBroken = false

    init(_ stream: InterruptibleStream) {
        self.stream = stream
    }

    deinit { buffer.deallocate() }

    /// The next bytes of the entries, valid until the next call; empty at the end.
    func next(atMost limit: Int) throws(SandboxError) -> UnsafeRawBufferPointer {
        if unread.isEmpty { unread = 0..<(try stream.read(into: buffer)) }
        let count = min(unread.count, limit)
        defer { unread = unread.lowerBound + count..<unread.upperBound }
        return UnsafeRawBufferPointer(rebasing: buffer[unread.lowerBound..<unread.lowerBound + count])
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard !isBroken else { return bytes.count }
        do throws(SandboxError) { try stream.write(bytes) } catch {
            failure = error
            isBroken = true
            return -1
        }
        return bytes.count
    }
}

/// At file scope: C calls it.
private func writeTarSink(
    _ archive: OpaquePointer?,
    _ box: UnsafeMutableRawPointer?,
    _ bytes: UnsafeRawPointer?,
    _ count: Int
) -> Int {
    guard let box else { return -1 }
    return Unmanaged<TarSink>.fromOpaque(box).takeUnretainedValue().write(
        UnsafeRawBufferPointer(start: bytes, count: count)
    )
}
