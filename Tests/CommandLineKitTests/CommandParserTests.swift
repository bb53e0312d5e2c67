import CommandLineKit
import Synchronization
import Testing

private enum Colour: String, CaseIterable, ArgumentValue {
    case green, yellow
}

private struct Values: Sendable, Equatable {
    var image: String?
    var colour: Colour?
    var repeats = 1
    var factor = 1.0
    var binds: [String] = []
    var isQuiet = false
    var isLoud = false
    var first = ""
    var others: [String] = []
}

/// Holds what the parsed command was given.
private final class Seen: Sendable {
    let values = Mutex<Values?>(nil)
    let command = Mutex<[String]>([])
}

private func program(_ seen: Seen) -> Command {
    let paint = Command(
        "paint",
        "Paints.",
        values: Values(),
        parameters: [
            .option("--image", "-i", value: "NAME", to: \.image, "The image."),
            .option("--colour", value: "COLOUR", to: \.colour, "The colour."),
            .option("--repeat", "-n", value: "N", to: \.repeats, default: "1", "How often."),
            .option("--factor", value: "X", to: \.factor, "How much."),
            .repeated("--ro", value: "HOST:INSIDE", to: \.binds, "What is visible."),
            .flag("--quiet", "-q", to: \.isQuiet, "Says less."),
            .flag("--loud", "-l", to: \.isLoud, "Says more."),
            .argument("FIRST", to: \.first, "The first."),
            .arguments("OTHER", to: \.others, "The others."),
        ],
        examples: [.init("tool paint a b", "Paint b on a.")]
    ) { values in
        seen.values.withLock { $0 = values }
        return 0
    }
    let exec = Command(
        "exec",
        "Executes.",
        values: Values(),
        parameters: [
            .option("--image", value: "NAME", to: \.image, "The image."),
            .remainder("COMMAND", to: \.others, "What runs."),
        ]
    ) { values in
        seen.values.withLock { $0 = values }
        return 7
    }
    let check = Command("check", "Checks.", values: Values(), parameters: []) { _ in 3 }
    return Command(
        "tool",
        "A tool.",
        subcommands: [paint, exec, Command("task", "Tasks.", subcommands: [check])]
    )
}

private func parsed(_ words: [String]) throws -> Values {
    let seen = Seen()
    guard case .run(_, _, let action) = try program(seen).parse(words) else {
        Issue.record("help instead of a command")
        return Values()
    }
    _ = try action()
    return try #require(seen.values.withLock { $0 })
}

private func refusal(_ words: [String]) -> String {
    do {
        _ = try program(Seen()).parse(words)
        return "accepted"
    } catch {
        return "\(error.path.joined(separator: " ")): \(error.error)"
    }
}

struct CommandParserTests {
    @Test(
        "Every way to write an option",
        arguments: [
            ["--image", "x", "a", "b"], ["--image=x", "a", "b"], ["-i", "x", "a", "b"], ["-ix", "a", "b"],
            ["-i=x", "a", "b"], ["a", "--image", "x", "b"], ["a", "b", "--image=x"], ["--image=y", "a", "b", "-ix"],
            ["--image", "x", "--", "a", "b"],
        ]
    )
    func optionForms(_ words: [String]) throws {
        var expected = Values()
        expected.image = "x"
        expected.first = "a"
        expected.others = ["b"]
        #expect(try parsed(["paint"] + words) == expected)
    }

    @Test func valuesOfEveryType() throws {
        let values = try parsed([
            "paint", "--colour", "yellow", "-n", "-3", "--factor=1.5", "--ro", "/a:/b", "--ro=/c:/d", "-ql", "a", "-",
            "--", "--image",
        ])
        #expect(values.colour == .yellow)
        #expect(values.repeats == -3)
        #expect(values.factor == 1.5)
        #expect(values.binds == ["/a:/b", "/c:/d"])
        #expect(values.isQuiet && values.isLoud)
        #expect(values.others == ["-", "--image"])
    }

    @Test func emptyValueAndValueWithEqualsSign() throws {
        #expect(try parsed(["paint", "--image=", "a", "b"]).image == "")
        #expect(try parsed(["paint", "--image=a=b", "a", "b"]).image == "a=b")
    }

    @Test(
        "A command's own options are left alone",
        arguments: [
            ["sh", "-c", "x", "--image", "--"], ["--", "sh", "-c", "x", "--image", "--"],
        ]
    )
    func remainder(_ words: [String]) throws {
        let values = try parsed(["exec", "--image", "i"] + words)
        #expect(values.image == "i")
        #expect(values.others == ["sh", "-c", "x", "--image", "--"])
    }

    @Test(
        "Refusals name the place and the nearest word",
        arguments: [
            (["paint", "--imge", "x"], "tool paint: unknown option '--imge' (did you mean '--image'?)"),
            (["paint", "--zzzzzz"], "tool paint: unknown option '--zzzzzz'"),
            (["paint", "-x"], "tool paint: unknown option '-x'"),
            (["paint", "--rep", "2"], "tool paint: unknown option '--rep' (did you mean '--repeat'?)"),
            (["paint", "a", "b", "--image"], "tool paint: --image needs a value: --image NAME"),
            (["paint", "--image", "--quiet", "a"], "tool paint: --image needs a value: --image NAME"),
            (["paint", "-i", "--", "a"], "tool paint: -i needs a value: -i NAME"),
            (["paint", "--quiet=yes", "a"], "tool paint: --quiet takes no value"),
            (["paint", "-n", "two", "a", "b"], "tool paint: --repeat: 'two' is not a whole number"),
            (["paint", "--factor=inf", "a", "b"], "tool paint: --factor: 'inf' is not a number"),
            (
                ["paint", "--colour", "gren", "a", "b"],
                "tool paint: --colour: 'gren' is not one of green, yellow (did you mean 'green'?)"
            ),
            (["paint"], "tool paint: FIRST is missing"), (["paint", "a"], "tool paint: OTHER is missing"),
            (["task", "check", "extra"], "tool task check: unexpected argument 'extra'"),
            (["exec"], "tool exec: COMMAND is missing"),
            (["pint"], "tool: unknown command 'pint' (did you mean 'paint'?)"),
            (["--imag"], "tool: unknown option '--imag'"), ([], "tool: a command is needed"),
            (["task"], "tool task: a command is needed"),
            (["task", "chek"], "tool task: unknown command 'chek' (did you mean 'check'?)"),
            (["help", "pant"], "tool: no help on 'pant' (did you mean 'paint'?)"),
        ]
    )
    func refusals(_ words: [String], _ expected: String) {
        #expect(refusal(words) == expected)
    }

    @Test(
        "Help is found on every level",
        arguments: [
            (["--help"], ["tool"]), (["-h"], ["tool"]), (["help"], ["tool"]),
            (["paint", "--help"], ["tool", "paint"]),
            (["paint", "a", "-h"], ["tool", "paint"]), (["help", "task", "check"], ["tool", "task", "check"]),
            (["task", "--help"], ["tool", "task"]),
        ]
    )
    func help(_ words: [String], _ expected: [String]) throws {
        guard case .help(let path, _) = try program(Seen()).parse(words) else {
            Issue.record("no help")
            return
        }
        #expect(path == expected)
    }

    @Test func helpListsEverythingDeclared() {
        for (path, command) in program(Seen()).walk() {
            let text = HelpText.render(path: path, command: command)
            #expect(text.hasPrefix("Usage: \(path.joined(separator: " "))"))
            for word in command.parameters.flatMap({ $0.names + [$0.placeholder, $0.about] }) + command.choices {
                #expect(text.contains(word), "\(path) does not show \(word)")
            }
            for example in command.examples { #expect(text.contains("  # \(example.about)\n  \(example.line)\n")) }
            for line in text.split(separator: "\n") { #expect(line.count <= 80) }
        }
    }
}

extension Command {
    fileprivate var choices: [String] { parameters.flatMap(\.choices) }
}
