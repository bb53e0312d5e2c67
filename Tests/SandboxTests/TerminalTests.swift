import Glibc
import SandboxPlan
import Testing

@testable import Sandbox

/// Programs in a terminal of the sandbox's own.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct TerminalTests {
    /// A program in a terminal, driven by what it shows.
    private struct Screen {
        let live: LiveAction
        let output: OutputCapture

        init(_ live: LiveAction) throws {
            self.live = live
            output = try #require(live.stdout)
        }

        /// Without carriage returns, which would make one character of the end of a line.
        var text: String {
            String(decoding: output.slice(from: 0, limit: 1 << 20).bytes.filter { $0 != 13 }, as: UTF8.self)
        }

        func type(_ text: String) async throws {
            try await live.write(Array(text.utf8))
        }

        /// Waits until the screen has shown a text often enough.
        func wait(for wanted: String, times: Int = 1) async throws {
            for await _ in output.changes()
            where text.split(separator: wanted, omittingEmptySubsequences: false).count > times {
                return
            }
            Issue.record("'\(wanted)' never came in: \(text)")
            throw CancellationError()
        }
    }

    private func inTerminal(
        _ argv: [String],
        user: UserSelection = .ids(uid: 0, gid: 0),
        _ body: (Screen, RunningSandbox) async throws -> Void
    ) async throws {
        let fixture = try await KernelFixture.make()
        let sandbox = try await fixture.sandbox()
        var action = fixture.shell("")
        action.argv = argv
        action.user = user
        action.environment = ["PATH": "/usr/bin:/bin", "TERM": "dumb", "PS1": "$ "]
        action.profile = try .compiled(.standard)
        action.output = .terminal(rows: 24, columns: 80, head: 1 << 20, tail: 0)
        do {
            try await body(try Screen(try await sandbox.start(action)), sandbox)
        } catch {
            await sandbox.destroy()
            throw error
        }
        await sandbox.destroy()
    }

    private static let bash = ["/bin/bash", "--norc", "--noprofile", "-i"]

    @Test func jobControlWorksInAShell() async throws {
        try await inTerminal(Self.bash) { screen, _ in
            try await screen.wait(for: "$ ")
            // What is typed is shown too: the answers must not look like it.
            try await screen.type("sh -c 'echo up-$((1 + 1)); exec sleep 300'\n")
            try await screen.wait(for: "up-2")
            try await screen.type("\u{3}")
            try await screen.wait(for: "\n$ ")
            try await screen.type("echo status-$?\n")
            try await screen.wait(for: "status-130")
            try await screen.type("sh -c 'echo ready-$((1 + 1)); read x; echo read-$x'\n")
            try await screen.wait(for: "ready-2")
            try await screen.type("\u{1a}")
            try await screen.wait(for: "Stopped")
            try await screen.type("jobs\n")
            try await screen.wait(for: "Stopped", times: 2)
            try await screen.type("fg\n")
            try await screen.wait(for: "fg\nsh -c")
            try await screen.type("again\n")
            try await screen.wait(for: "read-again")
            try await screen.type("exit 7\n")
            #expect(await screen.live.wait().end == .exited(code: 7))
            #expect(!screen.text.contains("no job control"), "\(screen.text)")
            for await _ in screen.output.changes() {}
        }
    }

    @Test func itBelongsToItsUserAndHasItsSize() async throws {
        try await inTerminal(Self.bash, user: .ids(uid: 1000, gid: 1000)) { screen, _ in
            try await screen.wait(for: "$ ")
            try await screen.type("stty size; tty; stat -c owner-%u $(tty); echo ow''n >/dev/tty; echo is-$((1 + 1))\n")
            try await screen.wait(for: "is-2\n$ ")
            for line in ["24 80", "/dev/pts/0", "owner-1000", "own"] {
                #expect(screen.text.contains("\n\(line)\n"), "\(screen.text)")
            }
            try await screen.type(
                "sh -c 'trap \"stty size\" WINCH; echo up-$((2 + 1)); while :; do sleep 0.01; done'\n"
            )
            try await screen.wait(for: "up-3")
            screen.live.resize(rows: 50, columns: 132)
            try await screen.wait(for: "50 132")
            try await screen.type("\u{3}")
            try await screen.wait(for: "\n$ ", times: 2)
            screen.live.closeInput()
            #expect(await screen.live.wait().end == .exited(code: 130))
        }
    }

    @Test func aProgramThatIgnoresEverythingStillEnds() async throws {
        let deaf = """
            import signal, sys
            for number in range(1, 65):
                try: signal.signal(number, signal.SIG_IGN)
                except (OSError, ValueError): pass
            print("deaf", flush=True)
            while True: pass
            """
        try await inTerminal(["/usr/bin/python3", "-S", "-c", deaf]) { screen, sandbox in
            try await screen.wait(for: "deaf")
            try await screen.type("\u{3}\u{1c}\u{1a}\u{4}")
            screen.live.kill(SIGHUP)
            screen.live.kill(SIGTERM)
            // Its input queue is full after some KB: nobody here is held up.
            let flood = Task { try? await screen.live.write([UInt8](repeating: 65, count: 1 << 20)) }
            #expect(try await sandbox.inspect().processes == 1)
            flood.cancel()
            await flood.value
            #expect(await screen.live.end().end == .signaled(signal: 9))
            #expect(try await sandbox.inspect().processes == 0)
        }
    }

    /// The terminals of the host, and a devpts multiplexer that root inside has replaced.
    @Test func noOtherTerminalIsReached() async throws {
        try await inTerminal([
            "/bin/sh", "-c", "ls /dev/pts; rm /dev/ptmx; ln -s /dev/null /dev/ptmx; rm -f /dev/pts/ptmx; echo done",
        ]) {
            screen,
            sandbox in
            try await screen.wait(for: "done")
            #expect(screen.text.hasPrefix("0  ptmx\n") || screen.text.hasPrefix("0\nptmx\n"), "\(screen.text)")
            var action = SandboxAction(
                argv: ["/usr/bin/tty"],
                environment: [:],
                workingDirectory: "/",
                user: .ids(uid: 0, gid: 0),
                profile: KernelFixture.open
            )
            action.output = .terminal(rows: 1, columns: 1, head: 100, tail: 0)
            let second = try await sandbox.run(action)
            #expect(second.text.hasPrefix("/dev/pts/"))
        }
    }
}
