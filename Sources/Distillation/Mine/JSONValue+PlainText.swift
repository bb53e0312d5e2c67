import Wire

extension JSONValue {
    /// The value as people write it, on one line; the same for equal values.
    var plainText: String {
        switch self {
        case .null: "null"
        case .flag(let flag): "\(flag)"
        case .integer(let integer): "\(integer)"
        case .number(let number): "\(number)"
        case .text(let text): text.split(whereSeparator: \.isNewline).joined(separator: " ")
        case .list(let list): "[" + list.map(\.plainText).joined(separator: ", ") + "]"
        case .object(let members):
            "{" + members.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.plainText)" }.joined(separator: ", ")
                + "}"
        }
    }
}
