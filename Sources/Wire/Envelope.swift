import FoundationEssentials

/// One call of the protocol: its name on the wire and the shape of what goes in and comes back.
///
/// Client and server are built from the same list of such types, so they cannot drift apart.
package protocol Method: SendableMetatype {
    /// The `method` member of the JSON-RPC request, for example `trial.submit`.
    static var name: String { get }
    associatedtype Params: Codable & Sendable
    associatedtype Result: Codable & Sendable
}

/// A message that the daemon sends on its own, without an id and without a reply.
package protocol NotificationKind: SendableMetatype {
    static var name: String { get }
    associatedtype Params: Codable & Sendable
}

/// The id of a request: JSON-RPC allows numbers and strings.
package enum RequestID: Hashable, Sendable, Codable {
    case number(Int)
    case text(String)

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Int.self) {
            self = .number(number)
        } else {
            self = .text(try container.decode(String.self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .number(let number): try container.encode(number)
        case .text(let text): try container.encode(text)
        }
    }
}

/// The part of any frame that says what it is; the rest is decoded once the method is known.
package struct Envelope: Codable, Sendable {
    package var jsonrpc: String
    package var id: RequestID?
    package var method: String?
    /// How many of the passed descriptors belong to this frame; nil is what the method always takes.
    package var descriptors: Int?
}

/// A whole request (or, without an id, a notification).
package struct Request<Params: Codable & Sendable>: Codable, Sendable {
    package var jsonrpc = "2.0"
    package var id: RequestID?
    package var method: String
    package var params: Params
    /// How many descriptors are passed with it, where that varies.
    package var descriptors: Int?

    package init(id: RequestID?, method: String, params: Params, descriptors: Int? = nil) {
        self.id = id
        self.method = method
        self.params = params
        self.descriptors = descriptors
    }
}

/// A whole reply: exactly one of `result` and `error` is there.
package struct Response<Result: Codable & Sendable>: Codable, Sendable {
    package var jsonrpc = "2.0"
    package var id: RequestID?
    package var result: Result?
    package var error: WireError?

    package init(id: RequestID?, result: Result) {
        self.id = id
        self.result = result
    }

    package init(id: RequestID?, error: WireError) {
        self.id = id
        self.error = error
    }
}

/// Nothing: the params of calls that take none and the result of calls that only succeed.
package struct Empty: Codable, Sendable, Hashable {
    package init() {}
}

/// JSON as it goes over the wire and into files: sorted keys, slashes as they are, timestamps as `Timestamp` writes them.
package enum WireJSON {
    /// One line without raw newlines.
    package static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return [UInt8](try encoder.encode(value))
    }

    /// Indented, for files and `--json` that people read.
    package static func encodePretty(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        return [UInt8](try encoder.encode(value))
    }

    /// Decodes one value; errors are `DecodingError`, which `WireError.init(badParams:)` turns into a sentence.
    package static func decode<T: Decodable>(_ type: T.Type, from bytes: [UInt8]) throws -> T {
        try JSONDecoder().decode(type, from: Data(bytes))
    }
}
