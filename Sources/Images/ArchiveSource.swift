import CArchive
import Glibc
import Sandbox

/// What a libarchive reader reads from; it must outlive the reader's last call.
final class ArchiveSource {
    private let input: any TarInput
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    private var failure: SandboxError?

    init(_ input: any TarInput) {
        self.input = input
    }

    deinit { buffer.deallocate() }

    /// Makes a reader read from here.
    func open(_ archive: OpaquePointer) throws {
        let box = Unmanaged.passUnretained(self).toOpaque()
        guard archive_read_open(archive, box, nil, readArchiveSource, nil) == ARCHIVE_OK else { throw error(archive) }
    }

    /// What went wrong below libarchive, or what it makes of the stream.
    func error(_ archive: OpaquePointer) -> any Error {
        let reason = archive_error_string(archive).map { String(cString: $0) } ?? "it ends early"
        return failure ?? ImageError.unreadable(reason) as any Error
    }

    /// The next piece; -1 after a failure.
    fileprivate func fill() -> (bytes: UnsafeRawPointer?, count: Int) {
        do throws(SandboxError) {
            return (UnsafeRawPointer(buffer.baseAddress), try input.read(into: buffer))
        } catch {
            failure = error
            return (nil, -1)
        }
    }
}

/// At file scope: C calls it.
private func readArchiveSource(
    _ archive: OpaquePointer?,
    _ box: UnsafeMutableRawPointer?,
    _ chunk: UnsafeMutablePointer<UnsafeRawPointer?>?
) -> Int {
    guard let box, let chunk else { return -1 }
    let piece = Unmanaged<ArchiveSource>.fromOpaque(box).takeUnretainedValue().fill()
    chunk.pointee = piece.bytes
    return piece.count
}
