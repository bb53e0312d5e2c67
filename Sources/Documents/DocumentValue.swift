/// Any value of a document, for the parts that no type describes: free tables, unknown keys.
package indirect enum DocumentValue: Sendable, Hashable {
    case null
    case flag(Bool)
    case integer(Int64)
    case number(Double)
    case text(String)
    case list([DocumentValue])
    case table([String: DocumentValue])
}

extension DocumentValue: Codable {
    package init(from decoder: any Decoder) throws {
        if let container = try? decoder.container(keyedBy: AnyKey.self) {
            var members: [String: DocumentValue] = [:]
            for key in container.allKeys {
                members[key.stringValue] = try container.decode(DocumentValue.self, forKey: key)
            }
            self = .table(members)
            return
        }
        if var container = try? decoder.unkeyedContainer() {
            var elements: [DocumentValue] = []
            while !container.isAtEnd { elements.append(try container.decode(DocumentValue.self)) }
            self = .list(elements)
            return
        }
        self = try Self.scalar(decoder.singleValueContainer())
    }

    private static func scalar(_ container: any SingleValueDecodingContainer) throws -> DocumentValue {
        if container.decodeNil() { return .null }
        if let flag = try? container.decode(Bool.self) { return .flag(flag) }
        if let text = try? container.decode(String.self) { return DocumentContent.value(ofText: text) }
        if let integer = try? container.decode(Int64.self) { return .integer(integer) }
        return .number(try container.decode(Double.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .flag(let flag): try container.encode(flag)
        case .integer(let integer): try container.encode(integer)
        // JSON has no word for these, and a free table is kept for reading only.
        case .number(let number) where !number.isFinite: try container.encode("\(number)")
        case .number(let number): try container.encode(number)
        case .text(let text): try container.encode(text)
        case .list(let elements): try container.encode(elements)
        case .table(let members): try container.encode(members)
        }
    }

    /// A key that is only known at run time.
    private struct AnyKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
