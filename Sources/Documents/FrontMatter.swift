import CYAML
import FoundationEssentials
import Glibc

/// A Markdown file with YAML between two `---` lines at its head, as SKILL.md has it.
package struct FrontMatter: Sendable {
    private let content: DocumentContent
    /// The Markdown after the closing `---` line.
    package let body: String

    /// Splits and parses; an error names `file` and the line counted from the file's first.
    package init(_ bytes: [UInt8], file: String) throws(DocumentError) {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw DocumentError(file: file, message: "is not UTF-8 text; save it as UTF-8")
        }
        let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        guard let first = lines.first, Self.isFence(first) else {
            throw DocumentError(
                file: file,
                line: 1,
                message: "must begin with a line `---` that opens the front matter"
            )
        }
        guard let closing = lines.dropFirst().firstIndex(where: Self.isFence) else {
            throw DocumentError(file: file, line: 1, message: "the front matter is not closed by a second line `---`")
        }
        let yaml = lines[1..<closing].joined(separator: "\n")
        content = DocumentContent(file: file, json: try Self.parse(Array(yaml.utf8), file: file))
        body = lines[(closing + 1)...].joined(separator: "\n")
    }

    /// Decodes the front matter; an error names the file and the key path.
    package func decode<T: Decodable>(_ type: T.Type) throws(DocumentError) -> T {
        try content.decode(type)
    }

    private static func isFence(_ line: Substring) -> Bool {
        line.hasPrefix("---") && line.dropFirst(3).allSatisfy { $0 == " " || $0 == "\t" }
    }

    private static func parse(_ bytes: [UInt8], file: String) throws(DocumentError) -> Data {
        guard bytes.count <= DocumentContent.maximumBytes else {
            let message = "the front matter has \(bytes.count) bytes; the limit is \(DocumentContent.maximumBytes)"
            throw DocumentError(file: file, message: message)
        }
        let result = bytes.withUnsafeBytes {
            cyaml_to_json($0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count)
        }
        defer { free(result.text) }
        guard let text = result.text else { throw DocumentError(file: file, message: "memory ran out while parsing") }
        let output = UnsafeRawBufferPointer(start: text, count: result.length)
        guard result.failed == 0 else {
            // One more for the opening fence.
            throw DocumentError(
                file: file,
                line: Int(result.line) + 1,
                column: Int(result.column),
                message: String(decoding: output, as: UTF8.self)
            )
        }
        return Data(output)
    }
}
