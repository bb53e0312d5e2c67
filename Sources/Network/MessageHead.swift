/// The head of a request or an answer, taken apart strictly: what two parsers could read differently is refused.
///
/// See RFC 9112. Lines end in CR LF, nothing is folded, no space stands before a colon.
struct MessageHead: Sendable, Hashable {
    struct Field: Sendable, Hashable {
        /// In lower case.
        let name: String
        /// As it was sent, without the spaces around it.
        let text: String
        let value: String
    }

    /// The first line, without its end.
    let start: String
    let fields: [Field]

    /// Why bytes are no head.
    enum Flaw: Error, Sendable {
        case malformed, tooLarge
    }

    static let maximumBytes = 32 << 10
    private static let maximumFields = 100

    /// The number of bytes of a whole head at the beginning; nil when its end has not come yet.
    static func length(in bytes: [UInt8]) throws(Flaw) -> Int? {
        let end: [UInt8] = [13, 10, 13, 10]
        var index = 0
        while index + 4 <= bytes.count {
            if bytes[index] == 13, bytes[index..<index + 4].elementsEqual(end) {
                guard index + 4 <= maximumBytes else { throw .tooLarge }
                return index + 4
            }
            index += 1
        }
        if bytes.count >= maximumBytes { throw .tooLarge }
        return nil
    }

    /// Takes a whole head, its empty line included.
    init(_ bytes: ArraySlice<UInt8>) throws(Flaw) {
        var lines = bytes.dropLast(2).split(separator: 10, omittingEmptySubsequences: false).map(Array.init)
        guard lines.popLast()?.isEmpty == true, !lines.isEmpty, lines.count <= Self.maximumFields + 1 else {
            throw .malformed
        }
        for index in lines.indices {
            guard lines[index].popLast() == 13, !lines[index].contains(where: Self.isControl) else { throw .malformed }
        }
        start = try Self.text(lines[0])
        var fields: [Field] = []
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0,
                line[..<colon].allSatisfy(Self.isToken)
            else { throw .malformed }
            let name = try Self.text(Array(line[..<colon]))
            let value = try Self.text(Self.trimmed(line[(colon + 1)...]))
            fields.append(Field(name: name.lowercased(), text: name, value: value))
        }
        self.fields = fields
    }

    /// The values of all fields of that name, in order.
    func values(of name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }

    /// The fields that a proxy passes on: not those about this connection, by name or by `Connection`.
    var endToEnd: [Field] {
        let named = values(of: "connection").joined(separator: ",").lowercased().split(separator: ",").map { item in
            String(item.filter { $0 != " " && $0 != "\t" })
        }
        let kept: Set<String> = ["host", "content-length"]
        return fields.filter { field in
            !Self.hopByHop.contains(field.name) && (kept.contains(field.name) || !named.contains(field.name))
        }
    }

    private static let hopByHop: Set<String> = [
        "connection", "proxy-connection", "keep-alive", "te", "trailer", "upgrade", "proxy-authorization",
        "proxy-authenticate", "proxy-authentication-info", "http2-settings",
    ]

    // MARK: Bytes

    /// Bytes beyond ASCII in a value are nobody's to interpret here: they are refused in names, methods and targets.
    private static func text(_ bytes: [UInt8]) throws(Flaw) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .malformed }
        return text
    }

    private static func trimmed(_ value: ArraySlice<UInt8>) -> [UInt8] {
        var value = value
        while let first = value.first, first == 32 || first == 9 { value.removeFirst() }
        while let last = value.last, last == 32 || last == 9 { value.removeLast() }
        return Array(value)
    }

    private static func isControl(_ byte: UInt8) -> Bool { (byte < 32 && byte != 9) || byte == 127 }

    /// See RFC 9110, 5.6.2.
    static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
