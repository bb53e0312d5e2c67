/// Completion for bash from 4.4 on: two generated tables, of verbs and of values, and one reader of the command line.
///
/// Nothing of the package bash-completion is needed; where it is loaded, it completes the command of `exec`.
struct BashCompletion {
    let root: Command

    init(_ root: Command) {
        self.root = root
    }

    var text: String {
        """
        # bash completion for \(root.name), made by '\(root.name) completion bash'.

        # Sets, for the verb that some words lead to: verbs below it, its options, those of them with a value, and the
        # place where another program's words begin.
        \(function)_syntax() {
            case $1 in
        \(indented(verbs))
            esac
        }

        # Offers values: of an option by its name, of an argument by its number, of words after '--' by that.
        \(function)_value() {
            case $1 in
        \(indented(values))
            esac
        }

        \(reader)
        complete -F \(function) \(root.name)

        """
    }

    private var function: String { "_" + root.name.replacing("-", with: "_") }

    private func indented(_ cases: [String]) -> String {
        cases.map { "        " + $0 }.joined(separator: "\n")
    }

    private var verbs: [String] {
        root.walk().map { path, command in
            let names = command.subcommands.map(\.name)
            let valued = command.parameters.filter { $0.kind == .option }.flatMap(\.names)
            return "\(quoted(path.joined(separator: " ")))) verbs=\(quoted(names.joined(separator: " "))) "
                + "options=\(quoted(command.optionNames.joined(separator: " "))) "
                + "valued=\(quoted(valued.joined(separator: " "))) rest=\(quoted(rest(command))) ;;"
        }
    }

    private var values: [String] {
        root.walk().flatMap { path, command in
            let verb = path.joined(separator: " ")
            let options = command.parameters.filter { $0.kind == .option }.map { parameter in
                (parameter.names.map { quoted("\(verb) \($0)") }.joined(separator: " | "), parameter.completion)
            }
            // One that repeats takes every later place, too.
            let arguments = command.positionals.enumerated().map { index, parameter in
                (
                    parameter.repeats ? quoted("\(verb) ") + "[0-9]*" : quoted("\(verb) \(index + 1)"),
                    parameter.completion
                )
            }
            let trailing = command.trailing.map { [(quoted("\(verb) --"), $0.completion)] } ?? []
            return (options + arguments + trailing).compactMap { pattern, completion in
                code(completion).map { "\(pattern)) \($0) ;;" }
            }
        }
    }

    /// Where another program's words begin: at this argument, or after `--`.
    private func rest(_ command: Command) -> String {
        if command.trailing != nil { return "--" }
        return command.positionals.firstIndex { $0.kind == .remainder }.map { "\($0 + 1)" } ?? ""
    }

    private func code(_ completion: ValueCompletion) -> String? {
        switch completion {
        case .words(let words): "mapfile -t COMPREPLY < <(compgen -W \(quoted(words.joined(separator: " "))) -- \"$2\")"
        case .files: "compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- \"$2\")"
        case .directories: "compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- \"$2\")"
        case .program: "\(function)_program \"$2\" \"$3\""
        case .nothing: nil
        }
    }

    /// `=` and `:` are words of their own in COMP_WORDS, unless somebody changed COMP_WORDBREAKS.
    private var reader: String {
        """
        # A program and what it takes: $2 is where its name stands.
        \(function)_program() {
            if declare -F _command_offset >/dev/null; then
                _command_offset "$2"
            elif [[ $2 == "$COMP_CWORD" ]]; then
                mapfile -t COMPREPLY < <(compgen -c -- "$1")
            else
                compopt -o filenames 2>/dev/null
                mapfile -t COMPREPLY < <(compgen -f -- "$1")
            fi
        }

        \(function)() {
            local path=\(quoted(root.name)) current=${COMP_WORDS[COMP_CWORD]}
            local verbs options valued rest word index option='' joined='' arguments=0 offset=0
            COMPREPLY=()
            \(function)_syntax "$path"
            for ((index = 1; index < COMP_CWORD; index++)); do
                word=${COMP_WORDS[index]}
                if [[ $word == : && $index -gt 1 ]]; then
                    joined=1
                elif [[ $joined ]]; then
                    joined=''
                elif [[ $option ]]; then
                    [[ $word == = ]] || option=''
                elif [[ $word == -- ]]; then
                    [[ ! $rest ]] || offset=$((index + 1))
                elif [[ " $valued " == *" $word "* ]]; then
                    option=$word
                elif [[ $word == -?* ]]; then
                    continue
                elif [[ " $verbs " == *" $word "* ]]; then
                    path+=" $word"
                    \(function)_syntax "$path"
                else
                    arguments=$((arguments + 1))
                    [[ $arguments != "$rest" ]] || offset=$index
                fi
                [[ $offset == 0 ]] || break
            done
            [[ $offset != 0 || (! $joined && $current != :) ]] || return 0
            if [[ $option ]]; then
                [[ $current != = ]] || current=''
                \(function)_value "$path $option" "$current"
            elif [[ $offset != 0 ]]; then
                \(function)_value "$path $rest" "$current" "$offset"
            elif [[ $verbs && $current != -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W "$verbs" -- "$current")
            elif [[ $current == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
            else
                \(function)_value "$path $((arguments + 1))" "$current" "$COMP_CWORD"
            fi
        }
        """
    }
}

/// A word in single quotes, for a shell.
func quoted(_ word: String) -> String {
    "'" + word.replacing("'", with: "'\\''") + "'"
}
