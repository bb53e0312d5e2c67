/// Whom a phase's commands run as, inside the sandbox.
package enum TaskUser: Sendable, Hashable, Decodable {
    case name(String)
    case id(UInt32)

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Int64.self) {
            guard let id = UInt32(exactly: number), id != .max else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(number) is not a user id")
            }
            self = .id(id)
            return
        }
        let name = try container.decode(String.self)
        guard !name.isEmpty, !name.utf8.contains(0) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "is not a user name")
        }
        self = UInt32(name).map { .id($0) } ?? .name(name)
    }

    /// The name, or the number.
    package var text: String {
        switch self {
        case .name(let name): name
        case .id(let id): "\(id)"
        }
    }

    /// Whether this is the superuser inside; nil in a task file means the image's user, who usually is.
    package var isRoot: Bool { self == .id(0) || self == .name("root") }
}
