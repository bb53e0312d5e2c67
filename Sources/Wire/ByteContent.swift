import FoundationEssentials

/// Bytes in a frame: as `text` when they are UTF-8, else as `base64`; exactly one of the two is there.
package struct ByteContent: Sendable, Hashable {
    package var bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }
    package init(_ text: String) { bytes = Array(text.utf8) }

    package init?(base64: String) {
        guard let data = Data(base64Encoded: base64) else { return nil }
        bytes = Array(data)
    }

    package var base64: String { Data(bytes).base64EncodedString() }

    /// The text if it is UTF-8.
    package var text: String? { String(validating: bytes, as: UTF8.self) }
}

extension ByteContent: Codable {
    package enum Key: String, CodingKey { case text, base64 }

    package init(from decoder: any Decoder) throws {
        guard let content = try ByteContent(ifPresentIn: decoder) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "needs one of 'text' and 'base64'")
            )
        }
        self = content
    }

    /// From an object that holds other members, too; nil when it has neither member.
    package init?(ifPresentIn decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        switch (values.contains(.text), values.contains(.base64)) {
        case (true, false): bytes = Array(try values.decode(String.self, forKey: .text).utf8)
        case (false, true):
            guard let content = ByteContent(base64: try values.decode(String.self, forKey: .base64)) else {
                throw DecodingError.dataCorruptedError(forKey: .base64, in: values, debugDescription: "is not base64")
            }
            self = content
        case (true, true):
            throw DecodingError.dataCorruptedError(
                forKey: .text,
                in: values,
                debugDescription: "stands beside 'base64': give one of the two"
            )
        case (false, false): return nil
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        if let text {
            try values.encode(text, forKey: .text)
        } else {
            try values.encode(base64, forKey: .base64)
        }
    }
}
