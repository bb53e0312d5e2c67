import CLinux
import CommandLineKit
import FoundationEssentials
import Glibc
import Linux
import Testing

@testable import ctl

/// What came out of a shell command whose streams were relayed.
private struct Relayed {
    var output = ""
    var error = ""
    var spool = ""
    var isCut = false
}

/// Runs a shell in the place of a sandbox; its end is the answer.
private func relay(_ script: String, input: String, limit: Int = 1 << 30, asText: Bool = false) throws -> Relayed {
    let directory = try Directory()
    try directory.write(input, to: "input")
    for name in ["output", "error", "spool"] { try directory.write("", to: name) }
    func file(_ name: String, _ flags: CInt) throws -> OwnedDescriptor {
        OwnedDescriptor(adopting: try syscall("open") { open(directory.path + "/" + name, flags | O_CLOEXEC) })
    }
    let caller = try file("input", O_RDONLY)
    let (output, error) = (try file("output", O_WRONLY).release(), try file("error", O_WRONLY).release())
    let spool = try file("spool", O_WRONLY)
    defer {
        close(output)
        close(error)
    }
    var pipes = [Int32](repeating: -1, count: 10)
    for index in 0..<5 {
        try #require(pipes.withUnsafeMutableBufferPointer { clinux_pipe(&$0[index * 2]) } == 0)
    }
    var child: pid_t = 0
    let words = (["sh", "-c", script] as [String]).map { strdup($0) } + [nil]
    let variables = [strdup("PATH=/usr/bin:/bin"), nil]
    defer { for pointer in words + variables { free(pointer) } }
    // Streams 0 to 2, the changes at 3, and at 4 a pipe whose end of file is the answer.
    let inside = [pipes[0], pipes[3], pipes[5], pipes[7], pipes[9]]
    #expect(clinux_spawn(&child, "/bin/sh", words, variables, inside, [0, 1, 2, 3, 4], 5) == 0)
    for descriptor in inside { close(descriptor) }
    let answer = OwnedDescriptor(adopting: pipes[8])
    let relay = StdioRelay(
        input: caller.raw,
        inlet: OwnedDescriptor(adopting: pipes[1]),
        output: OwnedDescriptor(adopting: pipes[2]),
        error: OwnedDescriptor(adopting: pipes[4]),
        changes: OwnedDescriptor(adopting: pipes[6]),
        spool: spool.raw,
        limit: limit,
        asText: asText,
        patience: 50,
        printingTo: (
            Terminal(descriptor: output, isTerminal: false, hasColours: false),
            Terminal(descriptor: error, isTerminal: true, hasColours: false)
        )
    )
    let number = relay.run(answerOn: answer.raw) { 42 }
    #expect(number == 42)
    var status: CInt = 0
    try syscall("waitpid") { waitpid(child, &status, 0) }
    return Relayed(
        output: directory.read("output") ?? "",
        error: directory.read("error") ?? "",
        spool: directory.read("spool") ?? "",
        isCut: relay.isCut
    )
}

@Suite(.serialized) struct StdioRelayTests {
    init() {
        // As `exec` does: a command that ends before its input does must not end us.
        signal(SIGPIPE, SIG_IGN)
    }

    @Test func aMegabyteGoesThroughBothWays() throws {
        let input = String(repeating: "0123456789abcde\n", count: 1 << 16)
        let relayed = try relay("cat; echo done >&3", input: input)
        #expect(relayed.output == input)
        #expect(relayed.spool == "done\n")
        #expect(relayed.error.isEmpty)
    }

    @Test func streamsStayApartAndOnlyTerminalsAreEscaped() throws {
        let relayed = try relay(#"printf 'a\033b'; printf 'c\033d' >&2"#, input: "")
        #expect(relayed.output == "a\u{1B}b")
        #expect(relayed.error == "c\\x1bd")
    }

    @Test func outputEndsAtItsLimitAndTheCommandLearnsIt() throws {
        let relayed = try relay("yes >&1; echo $? >&2; head -c 1000 /dev/zero >&3", input: "", limit: 100_001)
        #expect(relayed.output.utf8.count == 100_001)
        #expect(relayed.isCut)
        // `yes` ended by itself: killed by SIGPIPE (141) or told by EPIPE (1).
        #expect(relayed.error == "141\n" || relayed.error.hasSuffix("1\n"))
        #expect(relayed.spool.utf8.count == 1000)
        #expect(try !relay("printf 12345", input: "", limit: 5).isCut)
    }

    @Test func textIsHarmlessInFilesToo() throws {
        let limit = LineCutter.limit
        let script = "printf '\\033]0;t\\007\\n'; head -c \(limit + 7) /dev/zero | tr '\\0' x; printf '\\nend'"
        let relayed = try relay(script, input: "", asText: true)
        #expect(relayed.output == "\\x1b]0;t\\x07\n" + String(repeating: "x", count: limit) + " [7 bytes cut]\nend")
    }

    @Test func inputThatNobodyReadsIsNoTrouble() throws {
        let relayed = try relay("head -c 3; exec <&-; echo end", input: String(repeating: "x", count: 1 << 20))
        #expect(relayed.output == "xxxend\n")
    }

    @Test func outputOfABackgroundProcessIsWaitedForOnlySoLong() throws {
        // The answer comes at once (the shell closes 4); its child keeps the output open for longer than our patience.
        let relayed = try relay("(exec 4>&-; sleep 1) & exec 4>&-; echo first", input: "")
        #expect(relayed.output == "first\n")
    }
}
