/// Takes off what only says how a command is run: `sudo`, `env`, `timeout`, `bash -c` and their like.
enum CommandWrappers {
    /// The commands that are meant by `command`: one, or those of the script that a shell is given.
    static func unwrapped(_ command: ShellCommand, depth: Int = 0) -> [ShellCommand] {
        var command = command
        // Each turn takes one wrapper off, so that this ends.
        while let program = command.words.first.map({ basename($0.text) }), let wrapper = wrappers[program] {
            let rest = wrapper.rest(of: command.words)
            guard !rest.isEmpty else { return [command] }
            command.words = Array(rest)
        }
        guard depth < ShellScript.maximumDepth, let script = script(of: command) else { return [command] }
        let inner = ShellScript(script, depth: depth + 1).statements.flatMap(\.commands)
        return inner.isEmpty ? [command] : inner.flatMap { unwrapped($0, depth: depth + 1) }
    }

    /// The last part of a path.
    static func basename(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    static let shells: Set<String> = ["sh", "bash", "dash", "zsh", "ksh", "ash"]

    /// The script that a shell was given on its command line or its input; nil for anything else.
    private static func script(of command: ShellCommand) -> String? {
        guard let program = command.words.first, shells.contains(basename(program.text)) else { return nil }
        var takesScript = false
        for word in command.words.dropFirst() {
            if word.text.hasPrefix("-") && !word.text.hasPrefix("--") && word.text.count > 1 {
                takesScript = takesScript || word.text.contains("c")
            } else if takesScript {
                return word.text
            } else if !word.text.hasPrefix("-") {
                return nil
            }
        }
        return command.input
    }

    /// How to find the command behind a wrapper.
    private struct Wrapper {
        /// Options whose value is the next word.
        var valued: Set<String> = []
        /// Words after the options that are its own.
        var operands = 0
        var takesAssignments = false

        func rest(of words: [ShellWord]) -> ArraySlice<ShellWord> {
            var rest = words.dropFirst()
            while let word = rest.first?.text, word.hasPrefix("-"), word.count > 1 {
                rest = rest.dropFirst(valued.contains(word) ? 2 : 1)
                if word == "--" { break }
            }
            if takesAssignments { rest = rest.drop { $0.text.contains("=") } }
            return rest.dropFirst(operands)
        }
    }

    private static let wrappers: [String: Wrapper] = [
        "sudo": Wrapper(valued: ["-u", "-g", "-h", "-p", "-C", "-D"], takesAssignments: true),
        "doas": Wrapper(valued: ["-u"]),
        "env": Wrapper(valued: ["-u", "-C"], takesAssignments: true),
        "timeout": Wrapper(valued: ["-s", "-k"], operands: 1),
        "nice": Wrapper(valued: ["-n"]),
        "ionice": Wrapper(valued: ["-c", "-n"]),
        "stdbuf": Wrapper(valued: ["-i", "-o", "-e"]),
        "xargs": Wrapper(valued: ["-n", "-I", "-P", "-d", "-L", "-a", "-s"]),
        "nohup": Wrapper(), "setsid": Wrapper(), "command": Wrapper(), "exec": Wrapper(),
        "time": Wrapper(valued: ["-f", "-o"]),
    ]
}
