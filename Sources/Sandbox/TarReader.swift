import CArchive
import Glibc
import SandboxPlan

/// Where a tar stream comes from; blocking, for a thread that may block.
package protocol TarInput {
    /// What is there, waiting for something; 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(SandboxError) -> Int
}

/// What is made of a tar stream's entries.
package enum TarContent: Sendable, Hashable {
    /// Files for somebody inside: without owners and set-user-ID, and what is no file, directory or link is refused.
    case upload
    /// A root file system: as it is, but for devices, FIFOs and sockets, which are left out and counted.
    case rootFileSystem
    /// The same, with the marks by which a layer takes away what is below it; see the OCI image specification, layer.md.
    case imageLayer
    /// What a sandbox's overlay has in its layer at `root/upper`, archived with its marks; nothing beside it counts.
    case overlayLayer
}

/// Turns a tar stream into a stream of tree entries; blocking, with one buffer of memory.
///
/// What an entry says is judged here, so that a refusal can name it; that nothing leaves the target is up to who places it.
struct TarReader {
    private let source: TarSource
    private let sink: InterruptibleStream
    private let content: TarContent
    private let limits: TreeLimits
    private let archive: OpaquePointer
    private var transfer = TreeTransfer()

    /// Returns when all of it has been written, the end mark included.
    static func copy(_ stream: InterruptibleStream, limits: TreeLimits) throws(SandboxError) -> TreeTransfer {
        try copy(stream, to: stream, as: .upload, limits: limits)
    }

    /// The same with another source than the stream's own.
    static func copy(
        _ input: any TarInput,
        to sink: InterruptibleStream,
        as content: TarContent,
        limits: TreeLimits
    ) throws(SandboxError) -> TreeTransfer {
        guard let archive = archive_read_new() else { throw .system(call: "archive_read_new", errno: ENOMEM) }
        defer { archive_read_free(archive) }
        archive_read_support_format_tar(archive)
        let source = TarSource(input)
        return try withExtendedLifetime(source) { () throws(SandboxError) in
            let box = Unmanaged.passUnretained(source).toOpaque()
            var reader = TarReader(source: source, sink: sink, content: content, limits: limits, archive: archive)
            guard archive_read_open(archive, box, nil, readTarSource, nil) == ARCHIVE_OK else { throw reader.failure() }
            return try reader.copyAll()
        }
    }

    private init(
        source: TarSource,
        sink: InterruptibleStream,
        content: TarContent,
        limits: TreeLimits,
        archive: OpaquePointer
    ) {
        self.source = source
        self.sink = sink
        self.content = content
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
            if content == .overlayLayer, entry.kind == .directory, Self.isOpaque(header) {
                try put(TreeEntry(kind: .emptied, path: entry.path).encoded())
            }
            try transfer.count(entry, within: limits)
            try put(entry.encoded())
            try copyContent(of: entry)
        }
        try put(TreeEntry(kind: .end, path: []).encoded())
        // Whoever places the entries has all of them by now, and may have gone.
        try source.drain(wholly: content != .upload)
        return transfer
    }

    private mutating func judge(_ header: OpaquePointer) throws(SandboxError) -> TreeEntry? {
        guard let name = archive_entry_pathname(header) ?? archive_entry_pathname_utf8(header) else {
            throw .refused(path: "", "an entry of the tar stream has no name")
        }
        guard let path = inside(try path(bytes(name))) else { return nil }
        var entry = TreeEntry(
            kind: .file,
            path: path,
            mode: UInt32(archive_entry_perm(header)) & (content == .upload ? 0o777 : 0o7777),
            modified: Int64(archive_entry_mtime(header)),
            uid: UInt32(truncatingIfNeeded: archive_entry_uid(header)),
            gid: UInt32(truncatingIfNeeded: archive_entry_gid(header))
        )
        if content == .imageLayer, let mark = LayerMark(path) {
            guard mark.isNamed else { throw refusal(path, "a mark that takes nothing away") }
            entry.kind = mark.kind
            entry.path = mark.path
            return entry
        }
        if let original = archive_entry_hardlink(header) ?? archive_entry_hardlink_utf8(header) {
            entry.kind = .hardlink
            guard let target = inside(try self.path(bytes(original))) else { return nil }
            guard !path.isEmpty, !target.isEmpty else { throw refusal(path, "a link without a name") }
            entry.target = target
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
        case S_IFCHR where content == .overlayLayer && archive_entry_rdev(header) == 0: entry.kind = .deleted
        case S_IFIFO, S_IFCHR, S_IFBLK, S_IFSOCK:
            guard content == .upload else { return try skip() }
            let kind = archive_entry_filetype(header) == S_IFIFO ? "FIFO (named pipe)" : "device or socket"
            throw refusal(path, "a \(kind); only files, directories and links can be sent")
        default: throw refusal(path, "neither a file nor a directory nor a link")
        }
        guard !path.isEmpty || entry.kind == .directory else { throw refusal(path, "has no name") }
        return path.isEmpty ? nil : entry
    }

    /// The path below what counts; nil beside it.
    private func inside(_ path: [UInt8]) -> [UInt8]? {
        guard content == .overlayLayer else { return path }
        let top = Array("root/upper".utf8)
        if path == top { return [] }
        return path.starts(with: top + [UInt8(ascii: "/")]) ? Array(path.dropFirst(top.count + 1)) : nil
    }

    /// The mark of a directory that hides what is below it; see overlayfs in the kernel's documentation, "userxattr".
    private static func isOpaque(_ header: OpaquePointer) -> Bool {
        archive_entry_xattr_reset(header)
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var size = 0
        while archive_entry_xattr_next(header, &name, &value, &size) == ARCHIVE_OK {
            if let name, String(cString: name) == "user.overlay.opaque" { return true }
        }
        return false
    }

    /// Leaves an entry out; also those are counted, so that a stream cannot be endless.
    private mutating func skip() throws(SandboxError) -> TreeEntry? {
        transfer.skipped += 1
        guard transfer.skipped + transfer.entries <= Int(limits.entries) else {
            throw .tooLarge(path: "", "more than \(limits.entries) entries")
        }
        return nil
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
            try sink.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            left -= UInt64(count)
        }
    }

    private func put(_ bytes: [UInt8]) throws(SandboxError) {
        try bytes.withUnsafeBufferPointer { bytes throws(SandboxError) in
            try sink.write(UnsafeRawBufferPointer(bytes))
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
    private let input: any TarInput
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    private(set) var failure: SandboxError?

    init(_ input: any TarInput) {
        self.input = input
    }

    deinit { buffer.deallocate() }

    /// Bytes that are now in the buffer; -1 after a failure.
    func fill() -> Int {
        do throws(SandboxError) { return try input.read(into: buffer) } catch {
            failure = error
            return -1
        }
    }

    /// Takes the padding that some writers add, so that they do not die of a broken pipe; all of it, where it belongs to
    /// what is hashed.
    func drain(wholly: Bool) throws(SandboxError) {
        let rest: any TarInput = (input as? InterruptibleStream)?.withoutSink ?? input
        for _ in 0..<(wholly ? 1 << 20 : 16) { if try rest.read(into: buffer) == 0 { return } }
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

/// A name by which a layer of an image takes away what is below it.
private struct LayerMark {
    let kind: TreeEntry.Kind
    let path: [UInt8]
    /// What it takes away is a name, and not the directory around it.
    let isNamed: Bool

    init?(_ path: [UInt8]) {
        let parts = path.split(separator: UInt8(ascii: "/"))
        guard let name = parts.last, name.starts(with: ".wh.".utf8) else { return nil }
        func join(_ names: [ArraySlice<UInt8>]) -> [UInt8] { Array(names.joined(separator: [UInt8(ascii: "/")])) }
        if name.elementsEqual(".wh..wh..opq".utf8) {
            guard parts.count > 1 else { return nil }
            kind = .emptied
            isNamed = true
            self.path = join(parts.dropLast())
        } else {
            let taken = name.dropFirst(4)
            kind = .deleted
            isNamed = !taken.isEmpty && !taken.elementsEqual(".".utf8) && !taken.elementsEqual("..".utf8)
            self.path = join(parts.dropLast() + [taken])
        }
    }
}
