import Glibc
import Testing
import Wire

/// A person's terminal in the sandbox of a trial.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct ShellTests {
    let station: Station
    let client: SessionClient
    let session: Session

    init() async throws {
        station = try await Station.start()
        client = try SessionClient(station)
        session = try client.openSandbox()
    }

    private func shell(_ arguments: [String] = []) async throws -> TalkingProgram {
        try await TalkingProgram.inTerminal(station, ["shell", session.info.trial] + arguments)
    }

    @Test func aTerminalBehavesAsOneInside() async throws {
        let shell = try await shell(["--", "/bin/sh"])
        // Its prompt, and the echo of what is typed.
        try shell.hear(until: "# ")
        shell.say("stty size; tty; pwd; echo $TERM\n")
        let told = try shell.hear(until: "xterm")
        #expect(told.contains("24 80") && told.contains("/dev/pts/") && told.contains("/app"), "\(told)")
        try shell.hear(until: "# ")
        // Whoever runs in the foreground is told of a new size, and the size is there.
        let program = "trap 'stty size; exit 7' WINCH; echo re''ady; while :; do sleep 0.02; done"
        shell.say("sh -c \"\(program)\"; exit $?\n")
        try shell.hear(until: "ready")
        try shell.resize(rows: 50, columns: 132)
        try shell.hear(until: "50 132")
        let end = try await shell.end()
        #expect(end.status == 7, "\(end)")
    }

    @Test func controlKeysAreTheSandboxsOwn() async throws {
        let shell = try await shell(["--", "/bin/bash", "--norc"])
        try shell.hear(until: "# ")
        shell.say("PS1='re''ady> '\n")
        try shell.hear(until: "ready> ")
        // Typed where somebody reads: between two programs it may be echoed otherwise, or thrown away.
        func startCat() throws {
            shell.say("sh -c 'echo be\"\"gun; exec cat'\n")
            try shell.hear(until: "begun\r\n")
            shell.say("word\n")
            try shell.hear(until: "word\r\nword\r\n")
        }
        try startCat()
        shell.say("\u{3}")
        try shell.hear(until: "^C")
        try shell.hear(until: "ready> ")
        shell.say("echo after $?\n")
        try shell.hear(until: "after 130")
        try shell.hear(until: "ready> ")
        // Job control: it stops, it is there, it goes on.
        try startCat()
        shell.say("\u{1a}")
        try shell.hear(until: "Stopped")
        try shell.hear(until: "ready> ")
        shell.say("jobs; fg\n")
        try shell.hear(until: "exec cat'\r\n")
        shell.say("more\n")
        // Its echo, and what the program says.
        try shell.hear(until: "more\r\n")
        try shell.hear(until: "more\r\n")
        shell.say("\u{4}")
        try shell.hear(until: "ready> ")
        shell.say("exit 3\n")
        let end = try await shell.end()
        #expect(end.status == 3, "\(end)")
        // What was done is in the record, as one action.
        #expect(try await station.detail(session.info.trial).summary.actions == 1)
    }

    @Test func theEndIsPassedOnHoweverItComes() async throws {
        let killed = try await shell(["--", "sh", "-c", "kill -TERM $$"])
        #expect(try await killed.end().status == 128 + Int(SIGTERM))
        let missing = try await shell(["--", "no-such-program"]).end()
        #expect(missing.status == 1 && missing.rest.isEmpty && missing.errors.contains("no-such-program"))
        let user = try await shell(["--user", "nobody", "--", "id", "-un"]).end()
        #expect(user.status == 0 && user.rest == "nobody\r\n")
        // All that was printed at the end is there, in whatever pieces it came.
        let much = try await shell(["--", "sh", "-c", "seq 20000; exit 5"]).end()
        #expect(much.status == 5 && much.rest.hasSuffix("\r\n19999\r\n20000\r\n"))
        #expect(much.rest.split(separator: "\r\n").count == 20000)

        let waiting = try await shell(["--", "sh", "-c", "echo here; sleep 600"])
        try waiting.hear(until: "here")
        #expect(try session.close().summary.phase == .finished)
        let end = try await waiting.end()
        #expect(end.status != 0, "\(end)")
        let late = try await shell().end()
        #expect(late.status == 1 && late.errors.contains("over"), "\(late)")
    }
}
