/// A verb of a program, or a group of verbs: the one declaration behind parsing, help and all that is made from it.
package struct Command: Sendable {
    /// A command line worth trying.
    package struct Example: Sendable, Hashable {
        package var line: String
        package var about: String

        package init(_ line: String, _ about: String) {
            self.line = line
            self.about = about
        }
    }
    /// What a parsed command line asks for; the number is the exit status.
    package typealias Action = @Sendable () throws -> CInt
    typealias Assignment = (parameter: Int, value: String)

    package let name: String
    /// Other words for it, for example `--version`; not shown in help.
    package let aliases: [String]
    /// One sentence.
    package let about: String
    /// What else `--help` says, in paragraphs.
    package let details: String
    /// Made when asked for: a program has many verbs, and each run of it needs the parameters of one.
    package var parameters: [ParameterSyntax] { declaredParameters() }
    private let declaredParameters: @Sendable () -> [ParameterSyntax]
    package let examples: [Example]
    package let subcommands: [Command]
    /// Exit status for a command line that cannot be understood: 2, but for verbs that pass another program's on.
    package let usageStatus: CInt
    /// Turns checked assignments into an action; nil for a group.
    let bind: (@Sendable ([Assignment]) throws(UsageError) -> Action)?

    /// A verb: `values` holds the defaults, `run` gets what was parsed.
    package init<Values: Sendable>(
        _ name: String,
        aliases: [String] = [],
        _ about: String,
        details: String = "",
        values: Values,
        parameters: @autoclosure @escaping @Sendable () -> [Parameter<Values>],
        examples: [Example] = [],
        usageStatus: CInt = 2,
        run: @escaping @Sendable (Values) throws -> CInt
    ) {
        self.name = name
        self.aliases = aliases
        self.about = about
        self.details = details
        self.declaredParameters = { parameters().map(\.syntax) }
        self.examples = examples
        self.subcommands = []
        self.usageStatus = usageStatus
        self.bind = { assignments throws(UsageError) in
            let parameters = parameters()
            var bound = values
            for (index, text) in assignments {
                do throws(UsageError) {
                    try parameters[index].apply(&bound, text)
                } catch {
                    throw error.about(parameters[index].syntax.displayName)
                }
            }
            let result = bound
            return { try run(result) }
        }
    }

    /// A group of verbs, also the program itself.
    package init(
        _ name: String,
        _ about: String,
        details: String = "",
        examples: [Example] = [],
        subcommands: [Command]
    ) {
        self.name = name
        self.aliases = []
        self.about = about
        self.details = details
        self.declaredParameters = { [] }
        self.examples = examples
        self.subcommands = subcommands
        self.usageStatus = 2
        self.bind = nil
    }

    /// Every verb below this command with the words that lead to it, groups included, in declared order.
    package func walk() -> [(path: [String], command: Command)] {
        [([name], self)]
            + subcommands.flatMap { $0.walk() }.map { (path: [name] + $0.path, command: $0.command) }
    }

    func subcommand(named word: String) -> Command? {
        subcommands.first { $0.name == word || $0.aliases.contains(word) }
    }
}
