/// Runs a command line: parses it, prints help or an error, or does what it asks.
package struct Program: Sendable {
    package let root: Command
    /// The exit status of an error that a verb threw, after it was printed.
    private let status: @Sendable (any Error) -> CInt
    private let output: Terminal
    private let error: Terminal

    package init(
        root: Command,
        output: Terminal = .output,
        error: Terminal = .error,
        status: @escaping @Sendable (any Error) -> CInt
    ) {
        self.root = root
        self.output = output
        self.error = error
        self.status = status
    }

    /// The exit status of the words after the program's name.
    package func run(_ words: [String]) -> CInt {
        do {
            switch try root.parse(words) {
            case .help(let path, let command):
                output.write(HelpText.render(path: path, command: command, width: output.width))
                return 0
            case .run(let path, let command, let action):
                return perform(action, path, command)
            }
        } catch {
            if let group = error.group {
                self.error.write(HelpText.render(path: error.path, command: group, width: self.error.width))
            } else {
                complain(error.path, error.error)
            }
            return error.status
        }
    }

    private func perform(_ action: Command.Action, _ path: [String], _ command: Command) -> CInt {
        do {
            return try action()
        } catch let failure as UsageError {
            complain(path, failure)
            return command.usageStatus
        } catch {
            self.error.write("\(root.name): \(Escaping.visible("\(error)"))\n")
            return status(error)
        }
    }

    private func complain(_ path: [String], _ error: UsageError) {
        let command = path.joined(separator: " ")
        self.error.write("\(command): \(Escaping.singleLine(error.message)); see '\(command) --help'\n")
    }
}
