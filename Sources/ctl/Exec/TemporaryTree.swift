import FoundationEssentials
import Glibc
import Linux

/// A directory of this process's own below TMPDIR, removed with all below it at the end.
final class TemporaryTree {
    let path: String

    init() throws {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array((base + "/executorctl-XXXXXX").utf8CString)
        let isMade = template.withUnsafeMutableBufferPointer { $0.baseAddress.flatMap { mkdtemp($0) } != nil }
        guard isMade else {
            throw OperationError(
                cause: "\(base): \(errorText(errno))",
                remedy: "set TMPDIR to a directory you may write"
            )
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// A file for the stream of changes, readable from its beginning after `lseek`.
    func makeSpool() throws -> OwnedDescriptor {
        let name = path + "/changes.tar"
        let descriptor = try syscall("create \(name)") { open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600) }
        unlink(name)
        return OwnedDescriptor(adopting: descriptor)
    }
}
