import Glibc
import Testing

/// A file with a text, removed at the end.
final class TemporaryFile {
    let path: String

    init(_ text: String) throws {
        var template = Array("/tmp/command-line-kit-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        try #require(descriptor >= 0)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let bytes = Array(text.utf8)
        #expect(write(descriptor, bytes, bytes.count) == bytes.count)
        close(descriptor)
    }

    deinit { unlink(path) }
}

/// What a shell command prints on both its streams, and its status.
func shell(_ command: String) throws -> (status: CInt, output: String) {
    let stream = try #require(popen("{ \(command)\n} 2>&1", "r"))
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while case let count = fread(&buffer, 1, buffer.count, stream), count > 0 { bytes += buffer[..<count] }
    let status = pclose(stream)
    return (status & 0x7f == 0 ? (status >> 8) & 0xff : -1, String(decoding: bytes, as: UTF8.self))
}

/// Whether a program is in PATH.
func isInstalled(_ program: String) -> Bool {
    (try? shell("command -v \(program) >/dev/null"))?.status == 0
}
