import CArchive
import Sandbox
import SandboxPlan
import Wire

/// The bytes of a tar stream, unpacked and hashed on the way.
///
/// Unchecked: it is used by one thread after the other, never by two at a time.
final class LayerInput: TarInput, @unchecked Sendable {
    private let archive: OpaquePointer
    private let source: ArchiveSource
    private var hash = SHA256()
    private var isAtEnd = false
    /// Bytes that were looked at ahead, still to be read.
    private var ahead: [UInt8] = []
    private var trailingZeros = 0
    private(set) var bytes: UInt64 = 0

    /// `limit` bounds what comes out, so that a small stream cannot become an endless one.
    private let limit: UInt64

    init(_ source: any TarInput, limit: UInt64) throws(ImageError) {
        guard let archive = archive_read_new() else { throw .store("memory ran out") }
        self.archive = archive
        self.limit = limit
        self.source = ArchiveSource(source)
        archive_read_support_format_raw(archive)
        archive_read_support_format_empty(archive)
        // Not `archive_read_support_filter_all`: some of those start programs.
        for add in [
            archive_read_support_filter_gzip, archive_read_support_filter_zstd, archive_read_support_filter_xz,
            archive_read_support_filter_bzip2, archive_read_support_filter_lzma, archive_read_support_filter_lz4,
            archive_read_support_filter_lzip, archive_read_support_filter_compress,
        ] { _ = add(archive) }
    }

    deinit { archive_read_free(archive) }

    /// Starts reading; blocks until something is there.
    func open() throws {
        try source.open(archive)
        var header: OpaquePointer?
        switch archive_read_next_header(archive, &header) {
        case ARCHIVE_OK, ARCHIVE_WARN: break
        case ARCHIVE_EOF: isAtEnd = true
        default: throw source.error(archive)
        }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(SandboxError) -> Int {
        if !ahead.isEmpty {
            let count = min(ahead.count, buffer.count)
            ahead.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            ahead.removeFirst(count)
            return count
        }
        guard !isAtEnd else { return 0 }
        let count = archive_read_data(archive, buffer.baseAddress, buffer.count)
        guard count >= 0 else {
            let error = source.error(archive)
            throw error as? SandboxError ?? .refused(path: "", "\(error)")
        }
        isAtEnd = count == 0
        let piece = UnsafeRawBufferPointer(rebasing: buffer[..<count])
        hash.update(piece)
        bytes += UInt64(count)
        guard bytes <= limit else { throw .tooLarge(path: "", "more than \(limit) bytes when unpacked") }
        let zeros = piece.reversed().prefix { $0 == 0 }.count
        trailingZeros = zeros == count ? trailingZeros + zeros : zeros
        return count
    }

    /// The first bytes, which are still to be read.
    func peek(_ count: Int) throws(SandboxError) -> [UInt8] {
        var chunk = [UInt8](repeating: 0, count: 65536)
        var bytes: [UInt8] = []
        while bytes.count < count {
            var got = 0
            let result: Result<Int, SandboxError> = chunk.withUnsafeMutableBytes { buffer in
                do throws(SandboxError) { return .success(try read(into: buffer)) } catch { return .failure(error) }
            }
            got = try result.get()
            if got == 0 { break }
            bytes += chunk[..<got]
        }
        ahead = bytes
        return bytes
    }

    /// Of what has been read, which should be all: `sha256:` and 64 digits.
    func digest() -> String {
        var hash = hash
        return "sha256:" + hash.finalHex()
    }

    /// The stream ended with the end mark of a tar archive; see tar(5).
    ///
    /// Without it nobody could tell a whole archive from one that was cut between two files.
    var hasEndMark: Bool { trailingZeros >= 512 }
}
