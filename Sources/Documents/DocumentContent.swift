import FoundationEssentials

/// What both readers come down to: a file's name and its content as JSON text.
struct DocumentContent: Sendable {
    /// Bytes that a document may have: far beyond what people write, far below what hurts.
    static let maximumBytes = 1 << 20

    let file: String
    let json: Data

    /// Decodes with errors that name the file and the key path.
    func decode<T: Decodable>(_ type: T.Type) throws(DocumentError) -> T {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: Self.infinity,
            negativeInfinity: Self.negativeInfinity,
            nan: Self.notANumber
        )
        do {
            return try decoder.decode(type, from: json)
        } catch {
            throw DocumentError(decoding: error, file: file)
        }
    }

    // The shims' spelling of what JSON cannot say.
    private static let infinity = "\u{E000}inf"
    private static let negativeInfinity = "\u{E000}-inf"
    private static let notANumber = "\u{E000}nan"

    /// The value that a JSON string of the shims stands for.
    static func value(ofText text: String) -> DocumentValue {
        switch text {
        case infinity: .number(.infinity)
        case negativeInfinity: .number(-.infinity)
        case notANumber: .number(.nan)
        default: .text(text)
        }
    }
}
