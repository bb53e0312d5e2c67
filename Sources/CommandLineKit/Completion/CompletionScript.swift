/// A shell that completion scripts can be made for.
package enum CompletionShell: String, CaseIterable, ArgumentValue {
    case bash, zsh, fish
}

/// Scripts by which a shell completes a program's verbs, options and values, made from their declarations.
package enum CompletionScript {
    /// The script for a program and all its verbs, with a newline at its end.
    package static func render(_ root: Command, for shell: CompletionShell) -> String {
        switch shell {
        case .bash: BashCompletion(root).text
        case .zsh: ZshCompletion(root).text
        case .fish: FishCompletion(root).text
        }
    }
}

/// What a shell can offer in the place of a value.
enum ValueCompletion: Hashable {
    case words([String])
    case files
    case directories
    /// A program, and then what that program takes.
    case program
    case nothing
}

extension ParameterSyntax {
    /// Told by the allowed words, else by the placeholder, as a reader of `--help` tells it.
    var completion: ValueCompletion {
        if !choices.isEmpty { return .words(choices) }
        if kind == .remainder || kind == .trailing { return .program }
        return switch placeholder {
        case "DIR": .directories
        case "FILE", "TASK", "HOST:INSIDE": .files
        // As an argument it is a path inside a sandbox.
        case "PATH" where kind == .option: .files
        default: .nothing
        }
    }
}

extension Command {
    /// Names of options; `--help` is one everywhere.
    var optionNames: [String] { parameters.flatMap(\.names) + ["--help", "-h"] }

    var positionals: [ParameterSyntax] { parameters.filter(\.isPositional) }

    var trailing: ParameterSyntax? { parameters.first { $0.kind == .trailing } }
}

/// The first letter of a sentence stays; its full stop goes, as shells show lists of short descriptions.
func withoutFullStop(_ sentence: String) -> String {
    sentence.hasSuffix(".") ? String(sentence.dropLast()) : sentence
}
