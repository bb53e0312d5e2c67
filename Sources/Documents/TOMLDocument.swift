import CTOML
import FoundationEssentials
import Glibc

/// A TOML 1.0 document, parsed; decode it into types as often as needed.
package struct TOMLDocument: Sendable {
    let content: DocumentContent

    /// Parses `bytes`; an error names `file`, line and column.
    package init(_ bytes: [UInt8], file: String) throws(DocumentError) {
        guard bytes.count <= DocumentContent.maximumBytes else {
            let message = "has \(bytes.count) bytes; the limit is \(DocumentContent.maximumBytes)"
            throw DocumentError(file: file, message: message)
        }
        let result = bytes.withUnsafeBytes {
            ctoml_to_json($0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count)
        }
        defer { free(result.text) }
        guard let text = result.text else { throw DocumentError(file: file, message: "memory ran out while parsing") }
        let output = UnsafeRawBufferPointer(start: text, count: result.length)
        guard result.failed == 0 else {
            let located = result.line > 0
            throw DocumentError(
                file: file,
                line: located ? Int(result.line) : nil,
                column: located ? Int(result.column) : nil,
                message: String(decoding: output, as: UTF8.self)
            )
        }
        content = DocumentContent(file: file, json: Data(output))
    }

    /// Decodes the document; an error names the file and the key path.
    package func decode<T: Decodable>(_ type: T.Type) throws(DocumentError) -> T {
        try content.decode(type)
    }
}
