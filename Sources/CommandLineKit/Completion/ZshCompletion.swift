/// Completion for zsh: one function for each verb, around `_arguments`; see zshcompsys(1).
struct ZshCompletion {
    let root: Command

    init(_ root: Command) {
        self.root = root
    }

    var text: String {
        let functions = root.walk().map { path, command in
            command.subcommands.isEmpty ? verb(path, command) : group(path, command)
        }
        return """
            #compdef \(root.name)
            # zsh completion, made by '\(root.name) completion zsh'.

            # Another program and what it takes; _arguments leaves the '--' before it among the words.
            \(function([root.name, "program"]))() {
                if [[ $words[1] == -- ]]; then
                    shift words
                    (( CURRENT-- ))
                fi
                _normal
            }

            \(functions.joined(separator: "\n\n"))

            if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
                \(function([root.name])) "$@"
            else
                compdef \(function([root.name])) \(root.name)
            fi

            """
    }

    private func function(_ path: [String]) -> String {
        "_" + path.joined(separator: "_").replacing("-", with: "_")
    }

    private let help = "'(-h --help)'{-h,--help}'[Show this help]'"

    private func group(_ path: [String], _ command: Command) -> String {
        let verbs = command.subcommands.map { "        " + quoted("\($0.name):\(withoutFullStop($0.about))") }
        let calls = command.subcommands.map {
            "            \($0.name)) \(function(path + [$0.name])) ;;"
        }
        return """
            \(function(path))() {
                local context state state_descr line curcontext="$curcontext"
                typeset -A opt_args
                local -a verbs=(
            \(verbs.joined(separator: "\n"))
                )
                _arguments -C \(help) '1: :->verb' '*:: :->rest'
                case $state in
                    verb) _describe -t commands command verbs ;;
                    rest)
                        case $line[1] in
            \(calls.map { "    " + $0 }.joined(separator: "\n"))
                        esac
                        ;;
                esac
            }
            """
    }

    private func verb(_ path: [String], _ command: Command) -> String {
        var specs = [help]
        for parameter in command.parameters {
            switch parameter.kind {
            case .flag, .option: specs.append(option(parameter))
            case .argument, .remainder, .trailing: continue
            }
        }
        for (index, parameter) in command.positionals.enumerated() {
            specs.append(quoted("\(place(index, parameter)):\(value(parameter))"))
        }
        // Where words without end are the verb's own, zsh cannot tell them from the program's.
        if let trailing = command.trailing, !command.positionals.contains(where: \.repeats) {
            specs.append(quoted("*::\(value(trailing))"))
        }
        return """
            \(function(path))() {
                _arguments -s -S \\
            \(specs.map { "        " + $0 }.joined(separator: " \\\n"))
            }
            """
    }

    private func place(_ index: Int, _ parameter: ParameterSyntax) -> String {
        switch (parameter.kind, parameter.repeats) {
        case (.remainder, _): "*:"
        case (_, true): "*"
        case (_, false): parameter.isRequired ? "\(index + 1)" : "\(index + 1):"
        }
    }

    /// `'(-i --image)'{-i+,--image=}'[About]:NAME:_files'`; one that may be repeated excludes nothing.
    private func option(_ parameter: ParameterSyntax) -> String {
        let takesValue = parameter.kind == .option
        let names = parameter.names.map { name in
            guard takesValue else { return name }
            return name.hasPrefix("--") ? name + "=" : name + "+"
        }
        let shown = names.count == 1 ? quoted(names[0]) : "{\(names.joined(separator: ","))}"
        let excludes = parameter.repeats ? "'*'" : "'(\(parameter.names.joined(separator: " ")))'"
        let about = "[\(escaped(withoutFullStop(parameter.about)))]" + (takesValue ? ":" + value(parameter) : "")
        return excludes + shown + quoted(about)
    }

    /// `NAME:action`.
    private func value(_ parameter: ParameterSyntax) -> String {
        let action =
            switch parameter.completion {
            case .words(let words): "(\(words.joined(separator: " ")))"
            case .files: "_files"
            case .directories: "_files -/"
            case .program: function([root.name, "program"])
            case .nothing: " "
            }
        return escaped(parameter.placeholder) + ":" + action
    }

    /// Colons and brackets are `_arguments`' own.
    private func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            if "[]:\\".contains(character) { result += "\\" }
            result.append(character)
        }
        return result
    }
}
