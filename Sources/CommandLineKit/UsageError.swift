/// What is wrong with a command line, in one line for standard error; the program then exits with 2.
package struct UsageError: Error, Sendable, Equatable, CustomStringConvertible {
    package var message: String

    package init(_ message: String) {
        self.message = message
    }

    package var description: String { message }

    /// The same error with the option or argument it is about in front.
    func about(_ subject: String) -> UsageError {
        UsageError("\(subject): \(message)")
    }
}
