import Testing

@testable import CommandLineKit

private enum Colour: String, CaseIterable, ArgumentValue {
    case green, yellow
}

private struct Values: Sendable {
    var colour: Colour?
    var file: String?
    var directory: String?
    var name = ""
    var words: [String] = []
    var isQuiet = false
}

/// One verb of each shape.
private let tool = Command(
    "tool",
    "A tool.",
    subcommands: [
        Command(
            "paint",
            "Paints what's [wanted]: all.",
            values: Values(),
            parameters: [
                .option("--colour", "-c", value: "COLOUR", to: \.colour, "The colour: [one]."),
                .option("--input", value: "FILE", to: \.file, "What's read."),
                .option("--work", value: "DIR", to: \.directory, "Where."),
                .flag("--quiet", "-q", to: \.isQuiet, "Says less."),
                .repeated("--bind", value: "HOST:INSIDE", to: \.words, "What is seen."),
                .arguments("TASK", to: \.words, "What is painted."),
                .trailing("PROGRAM", to: \.words, "Who paints."),
            ]
        ) { _ in 0 },
        Command(
            "exec",
            "Executes.",
            values: Values(),
            parameters: [
                .flag("--quiet", to: \.isQuiet, "Says less."), .remainder("COMMAND", to: \.words, "What runs."),
            ]
        ) { _ in 0 },
        Command(
            "task",
            "Tasks.",
            subcommands: [
                Command(
                    "check",
                    "Checks.",
                    values: Values(),
                    parameters: [
                        .argument("NAME", to: \.name, "Which."), .argument("COLOUR", to: \.colour, "Its colour."),
                    ]
                ) { _ in 0 }
            ]
        ),
    ]
)

struct CompletionTests {
    @Test("Every verb and every option is in each script", arguments: CompletionShell.allCases)
    func complete(_ target: CompletionShell) {
        let script = CompletionScript.render(tool, for: target)
        for (_, command) in tool.walk() {
            #expect(script.contains(command.name))
            for name in command.optionNames {
                // fish has names without their dashes.
                let shown = target == .fish ? (name.hasPrefix("--") ? "-l " : "-s ") + name.drop { $0 == "-" } : name
                #expect(script.contains(shown), "\(target): \(name)")
            }
        }
    }

    @Test("Each shell that is installed understands its script", arguments: CompletionShell.allCases)
    func syntax(_ target: CompletionShell) throws {
        guard isInstalled(target.rawValue) else {
            #expect(target != .bash, "bash is needed")
            return
        }
        let file = try TemporaryFile(CompletionScript.render(tool, for: target))
        let (status, output) = try shell("\(target.rawValue) -n \(file.path)")
        #expect(status == 0 && output.isEmpty, "\(output)")
    }

    /// What bash offers for the words of a command line as readline cuts them; the last one is being typed.
    private func offered(_ words: [String]) throws -> Set<String> {
        let file = try TemporaryFile(CompletionScript.render(tool, for: .bash))
        let list = words.map(quoted).joined(separator: " ")
        let script = """
            cd / && . \(file.path) && COMP_WORDS=(\(list)) COMP_CWORD=\(words.count - 1) && _tool && \
            printf '%s\\n' "${COMPREPLY[@]}"
            """
        let (status, output) = try shell("bash --norc -c \(quoted(script))")
        #expect(status == 0, "\(output)")
        return Set(output.split(separator: "\n").map(String.init))
    }

    @Test(
        "bash offers what may come next",
        arguments: [
            (["tool", ""], ["paint", "exec", "task"]), (["tool", "p"], ["paint"]), (["tool", "task", ""], ["check"]),
            (["tool", "-"], ["--help", "-h"]),
            (["tool", "exec", "-"], ["--quiet", "--help", "-h"]),
            (["tool", "paint", "--qu"], ["--quiet"]),
            (["tool", "paint", "--colour", ""], ["green", "yellow"]),
            (["tool", "paint", "-c", "y"], ["yellow"]),
            (["tool", "paint", "--colour", "="], ["green", "yellow"]),
            (["tool", "paint", "--colour", "=", "g"], ["green"]),
            (["tool", "paint", "--quiet", "--colour", "=", "green", "--qu"], ["--quiet"]),
            (["tool", "paint", "--work", "et"], ["etc"]), (["tool", "paint", "--input", "et"], ["etc"]),
            (["tool", "paint", "a", "et"], ["etc"]),
            (["tool", "paint", "--bind", "/a", ":", "/b", "--qu"], ["--quiet"]),
            (["tool", "paint", "--bind", "/a", ":", ""], []),
            (["tool", "task", "check", ""], []), (["tool", "task", "check", "a", ""], ["green", "yellow"]),
            // A value that is also the name of a verb is a value.
            (["tool", "paint", "--input", "task", "--qu"], ["--quiet"]),
            (["tool", "exec", "mkfifo"], ["mkfifo"]), (["tool", "exec", "--", "mkfifo"], ["mkfifo"]),
            (["tool", "exec", "ls", "et"], ["etc"]), (["tool", "exec", "ls", "--qu"], []),
            (["tool", "paint", "a", "--", "mkfifo"], ["mkfifo"]),
        ] as [([String], Set<String>)]
    )
    func bash(_ words: [String], _ expected: Set<String>) throws {
        #expect(try offered(words) == expected)
    }

    @Test func fishOffersTheSameVerbsAndValues() throws {
        guard isInstalled("fish") else { return }
        let file = try TemporaryFile(CompletionScript.render(tool, for: .fish))
        for (line, expected) in [
            ("tool ", ["exec", "paint", "task"]), ("tool task ", ["check"]),
            ("tool paint --colour ", ["green", "yellow"]), ("tool paint --qu", ["--quiet"]),
            ("tool task check a y", ["yellow"]),
        ] {
            let script = "source \(file.path); complete -C \(quotedForFish(line))"
            let (status, output) = try shell("fish --no-config -c \(quoted(script))")
            let words = output.split(separator: "\n").map { $0.split(separator: "\t")[0] }
            #expect(status == 0 && words.map(String.init).sorted() == expected, "\(line): \(output)")
        }
    }
}
