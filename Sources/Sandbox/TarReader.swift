import CArchive
import Glibc
import SandboxPlan

/// Turns a tar stream into a stream of tree entries; blocking, with one buffer of memory.
///
/// What an entry says is judged here, so that a refusal can name it; that nothing leaves the target is up to who places it.
struct TarReader {
    private let source: TarSource
    private let limits: TreeLimits
    private let archive: OpaquePointer
    private var transfer = TreeTransfer()

    /// Returns when all of it has been written, the end mark included.
    static func copy(_ stream: InterruptibleStream, limits: TreeLimits) throws(SandboxError) -> TreeTransfer {
        guard let archive = archive_read_new() else { throw .system(call: "archive_read_new", errno: ENOMEM) }
        defer { archive_read_free(archive) }
        archive_read_support_format_tar(archive)
        let source = TarSource(stream)
        return try withExtendedLifetime(source) { () throws(SandboxError) in
            let box = Unmanaged.passUnretained(source).toOpaque()
            var reader = TarReader(source: source, limits: limits, archive: archive)
            guard archive_read_open(archive, box, nil, readTarSource, nil) == ARCHIVE_OK else { throw reader.failure() }
            return try reader.copyAll()
        }
    }

    private init(source: TarSource, limits: TreeLimits, archive: OpaquePointer) {
        self.source = source
        self.limits = limits
        self.archive = archive
    }

    private mutating func copyAll() throws(SandboxError) -> TreeTransfer {
        var header: OpaquePointer?
        while true {
            let status = archive_read_next_header(archive, &header)
            if status == ARCHIVE_EOF { break }
            guard status == ARCHIVE_OK || status == ARCHIVE_WARN, let header else { throw failure() }
            // The top itself is there already.
            guard let entry = try judge(header) else { continue }
            try transfer.count(entry, within: limits)
            try put(entry.encoded())
            try copyContent(of: entry)
        }
        try put(TreeEntry(kind: .end, path: []).encoded())
        try source.drain()
        return transfer
    }

    private func judge(_ header: OpaquePointer) throws(SandboxError) -> TreeEntry? {
        guard let name = archive_entry_pathname(header) ?? archive_entry_pathname_utf8(header) else {
            throw .refused(path: "", "an entry of the tar stream has no name")
        }
        let path = try path(bytes(name))
        var entry = TreeEntry(
            kind: .file,
            path: path,
            mode: UInt32(archive_entry_perm(header)) & 0o777,
            modified: Int64(archive_entry_mtime(header))
        )
        if let original = archive_entry_hardlink(header) ?? archive_entry_hardlink_utf8(header) {
            entry.kind = .hardlink
            entry.target = try self.path(bytes(original))
            return entry
        }
        switch archive_entry_filetype(header) {
        case S_IFREG:
            entry.size = UInt64(max(archive_entry_size(header), 0))
            entry.contentBytes = entry.size
        case S_IFDIR: entry.kind = .directory
        case S_IFLNK:
            guard let target = archive_entry_symlink(header) ?? archive_entry_symlink_utf8(header) else {
                throw refusal(path, "a link that leads nowhere")
            }
            entry.kind = .symlink
            entry.target = bytes(target)
        case S_IFIFO: throw refusal(path, "a FIFO (named pipe); only files, directories and links can be sent")
        case S_IFCHR, S_IFBLK: throw refusal(path, "a device; only files, directories and links can be sent")
        default: throw refusal(path, "neither a file nor a directory nor a link")
        }
        guard !path.isEmpty || entry.kind == .directory else { throw refusal(path, "has no name") }
        return path.isEmpty ? nil : entry
    }

    /// The path without what means nothing; nothing that could lead elsewhere.
    private func path(_ name: [UInt8]) throws(SandboxError) -> [UInt8] {
        let slash = UInt8(ascii: "/")
        guard name.first != slash else {
            throw refusal(name, "an absolute name; only names below the target can be sent")
        }
        let parts = name.split(separator: slash).filter { !$0.elementsEqual(".".utf8) }
        guard !parts.contains(where: { $0.elementsEqual("..".utf8) }) else {
            throw refusal(name, "has '..'; only names below the target can be sent")
        }
        guard parts.count <= Int(limits.depth) + 1 else {
            throw .tooLarge(path: SandboxPath(bytes: name), "deeper than \(limits.depth) directories")
        }
        return Array(parts.joined(separator: [slash]))
    }

    private func copyContent(of entry: TreeEntry) throws(SandboxError) {
        guard entry.contentBytes > 0 else { return }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        defer { buffer.deallocate() }
        var left = entry.contentBytes
        while left > 0 {
            let count = archive_read_data(archive, buffer.baseAddress, min(buffer.count, Int(clamping: left)))
            guard count >= 0 else { throw failure() }
            guard count > 0 else { throw refusal(entry.path, "the tar stream ends in the middle of it") }
            try source.stream.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            left -= UInt64(count)
        }
    }

    private func put(_ bytes: [UInt8]) throws(SandboxError) {
        try bytes.withUnsafeBufferPointer { bytes throws(SandboxError) in
            try source.stream.write(UnsafeRawBufferPointer(bytes))
        }
    }

    private func bytes(_ text: UnsafePointer<CChar>) -> [UInt8] {
        UnsafeRawBufferPointer(start: text, count: strlen(text)).map { $0 }
    }

    private func refusal(_ path: [UInt8], _ why: String) -> SandboxError {
        .refused(path: SandboxPath(bytes: path), why)
    }

    /// What went wrong below libarchive, or what it makes of the stream.
    private func failure() -> SandboxError {
        source.failure ?? .refused(path: "", "the tar stream is broken: \(archiveReason(archive))")
    }
}

/// What libarchive reads from.
private final class TarSource {
    let stream: InterruptibleStream
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    private(set) var failure: SandboxError?

    init(_ stream: InterruptibleStream) {
        self.stream = stream
    }

    deinit { buffer.deallocate() }

    /// Bytes that are now in the buffer; -1 after a failure.
    func fill() -> Int {
        do throws(SandboxError) { return try stream.read(into: buffer) } catch {
            failure = error
            return -1
        }
    }

    /// Takes the padding that some writers add, so that they do not die of a broken pipe.
    func drain() throws(SandboxError) {
        // Whoever places the entries has all of them by now, and may have gone; see poll(2) on negative descriptors.
        let rest = InterruptibleStream(source: stream.source, sink: -1, interruption: stream.interruption)
        for _ in 0..<16 { if try rest.read(into: buffer) == 0 { return } }
    }
}

/// At file scope: C calls it.
private func readTarSource(
    _ archive: OpaquePointer?,
    _ box: UnsafeMutableRawPointer?,
    _ chunk: UnsafeMutablePointer<UnsafeRawPointer?>?
) -> Int {
    guard let box, let chunk else { return -1 }
    let source = Unmanaged<TarSource>.fromOpaque(box).takeUnretainedValue()
    let count = source.fill()
    chunk.pointee = UnsafeRawPointer(source.buffer.baseAddress)
    return count
}

/// What libarchive says of its last error.
func archiveReason(_ archive: OpaquePointer) -> String {
    archive_error_string(archive).map { String(cString: $0) } ?? "no reason given"
}
