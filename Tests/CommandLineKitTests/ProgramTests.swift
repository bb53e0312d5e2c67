import CommandLineKit
import Glibc
import Testing

private struct Refusal: Error, CustomStringConvertible {
    var description: String { "refused \u{1B}[31m" }
}

private struct Nothing: Sendable {}

/// What a program wrote to each of its streams, through real pipes.
private func outcome(_ words: [String]) throws -> (status: CInt, output: String, error: String) {
    var output: [CInt] = [-1, -1]
    var error: [CInt] = [-1, -1]
    try #require(pipe(&output) == 0 && pipe(&error) == 0)
    let program = Program(
        root: Command(
            "tool",
            "A tool.",
            subcommands: [
                Command("good", aliases: ["--good"], "Works.", values: Nothing(), parameters: []) { _ in 5 },
                Command("bad", "Fails.", values: Nothing(), parameters: []) { _ in throw Refusal() },
                Command("odd", "Refuses.", values: Nothing(), parameters: [], usageStatus: 125) { _ in
                    throw UsageError("odd\nthing")
                },
            ]
        ),
        output: Terminal(descriptor: output[1], isTerminal: false, hasColours: false),
        error: Terminal(descriptor: error[1], isTerminal: false, hasColours: false),
        status: { $0 is Refusal ? 9 : 1 }
    )
    let status = program.run(words)
    return (status, drain(output), drain(error))
}

private func drain(_ ends: [CInt]) -> String {
    close(ends[1])
    defer { close(ends[0]) }
    var bytes = [UInt8](repeating: 0, count: 65536)
    let count = read(ends[0], &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
}

struct ProgramTests {
    @Test func statusOfTheVerbIsTheStatus() throws {
        #expect(try outcome(["good"]) == (5, "", ""))
        #expect(try outcome(["--good"]) == (5, "", ""))
    }

    @Test func thrownErrorIsPrintedHarmlesslyAndMapped() throws {
        #expect(try outcome(["bad"]) == (9, "", "tool: refused \\x1b[31m\n"))
    }

    @Test func usageErrorIsOneLineAndHasItsOwnStatus() throws {
        #expect(try outcome(["odd"]) == (125, "", "tool odd: odd\\nthing; see 'tool odd --help'\n"))
        #expect(try outcome(["odd", "--x"]).status == 125)
        #expect(try outcome(["god"]).status == 2)
        #expect(try outcome(["god"]).error == "tool: unknown command 'god' (did you mean 'good'?); see 'tool --help'\n")
    }

    @Test func helpGoesToOutputButABareNameIsAnError() throws {
        let help = try outcome(["--help"])
        #expect(help.status == 0 && help.output.hasPrefix("Usage: tool COMMAND\n") && help.error.isEmpty)
        let bare = try outcome([])
        #expect(bare.status == 2 && bare.output.isEmpty && bare.error == help.output)
    }
}
