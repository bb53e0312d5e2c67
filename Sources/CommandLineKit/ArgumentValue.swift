/// A type whose values can be given on the command line.
package protocol ArgumentValue: Sendable {
    /// Reads one argument; the error says what is wrong with it, without naming the option.
    init(argument: String) throws(UsageError)
    /// The words that are allowed, when they can be listed.
    static var choices: [String] { get }
}

extension ArgumentValue {
    package static var choices: [String] { [] }
}

extension String: ArgumentValue {
    package init(argument: String) {
        self = argument
    }
}

extension Int: ArgumentValue {
    package init(argument: String) throws(UsageError) {
        guard let value = Int(argument) else { throw UsageError("'\(argument)' is not a whole number") }
        self = value
    }
}

extension UInt64: ArgumentValue {
    package init(argument: String) throws(UsageError) {
        guard let value = UInt64(argument) else { throw UsageError("'\(argument)' is not a whole number from 0 on") }
        self = value
    }
}

extension Double: ArgumentValue {
    package init(argument: String) throws(UsageError) {
        guard let value = Double(argument), value.isFinite else { throw UsageError("'\(argument)' is not a number") }
        self = value
    }
}

extension ArgumentValue where Self: CaseIterable & RawRepresentable, RawValue == String {
    package static var choices: [String] { allCases.map(\.rawValue) }

    package init(argument: String) throws(UsageError) {
        guard let value = Self(rawValue: argument) else {
            let hint = Suggestion.sentence(for: argument, among: Self.choices)
            throw UsageError("'\(argument)' is not one of \(Self.choices.joined(separator: ", "))\(hint)")
        }
        self = value
    }
}
