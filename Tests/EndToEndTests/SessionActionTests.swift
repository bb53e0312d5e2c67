import Glibc
import Testing
import Wire

/// Programs that an agent runs in a session.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct SessionActionTests {
    let station: Station
    let client: SessionClient
    let session: Session

    init() async throws {
        station = try await Station.start()
        client = try SessionClient(station)
        session = try client.openSandbox()
    }

    private func mark() -> String { "session-\(UInt64.random(in: 0 ... .max))" }

    @Test func aProgramHasWhatItWasGiven() throws {
        #expect(session.token.utf8.count == 64)
        let plain = try client.call(ActionExec.self, .init(session: session.token, argv: ["echo", "a  b", "$HOME"]))
        #expect(plain.action == 1 && plain.exit == .exited(code: 0))
        #expect(plain.out == "a  b $HOME\n" && plain.err == "")
        #expect(plain.stdout.totalBytes == 11 && plain.stdout.nextOffset == nil && plain.cost.wallMilliseconds > 0)

        try session.shell("mkdir -p d/e; chmod 755 d d/e")
        let full = try session.shell("pwd; echo $A; id -un; cat; echo told >&2; exit 3") {
            $0.cwd = "d/e"
            $0.environment = ["A": "b c"]
            $0.user = "nobody"
            $0.stdin = ByteContent("given")
        }
        #expect(full.exit == .exited(code: 3))
        #expect(full.out == "/app/d/e\nb c\nnobody\ngiven" && full.err == "told\n")

        #expect(try session.shell("kill -TERM $$").exit == .signaled(signal: Int(SIGTERM)))
        #expect(try session.shell("sleep 60") { $0.timeoutSeconds = 0.2 }.exit == .limit(.wallClock))
        #expect(try session.shell("echo out; echo err >&2") { $0.merge = true }.out == "out\nerr\n")
        let missing = try client.call(ActionExec.self, .init(session: session.token, argv: ["no-such-program"]))
        guard case .notStarted(let reason, Int(ENOENT)) = missing.exit else {
            return #expect(missing.exit == .cancelled)
        }
        #expect(reason.contains("no-such-program"))
        // What is not UTF-8 comes as it is.
        let bytes = try session.shell(#"printf '\377\000x'"#)
        #expect(bytes.stdout.content.bytes == [0xff, 0, 0x78] && bytes.stdout.content.text == nil)
    }

    @Test func stdinComesFromAPipeOfTheCallers() throws {
        let pipe = try TestPipe()
        let call = try client.begin(
            ActionExec.self,
            session.program("cat"),
            descriptors: [pipe.readEnd]
        )
        pipe.fill(Array("through a pipe".utf8))
        #expect(try client.end(call).out == "through a pipe")
    }

    /// A record that takes no beginnings, as a full disk would have it.
    @Test func whatCannotBeRecordedDoesNotRun() async throws {
        let refusing =
            "CREATE TRIGGER full BEFORE INSERT ON events WHEN NEW.kind = 'actionStarted' BEGIN SELECT RAISE(ABORT, 'full'); END"
        try await changeRecord(refusing)
        let mark = mark()
        #expect(throws: WireError.self) { try session.shell("sleep 1000; : \(mark)") }
        #expect(Traces.processes([mark]).isEmpty)
        #expect(throws: WireError.self) {
            try client.call(ActionWrite.self, .init(session: session.token, path: "left", content: ByteContent("x")))
        }
        try await changeRecord("DROP TRIGGER full")
        #expect(try session.shell("test ! -e left && echo on").out == "on\n")
    }

    private func changeRecord(_ statement: String) async throws {
        let program = "import sqlite3,sys; d=sqlite3.connect(sys.argv[1]); d.execute(sys.argv[2]); d.commit()"
        let ended = try await Program.start(
            "/usr/bin/python3",
            ["-c", program, station.state + "/record.db", statement]
        ).end()
        try #require(ended.status == 0, "\(ended.errors)")
    }

    @Test func ofMuchOutputBothEndsAreKeptAndReadInPieces() throws {
        let whole = try session.shell("seq 100000") { $0.outputBytes = 1 << 20 }
        #expect(whole.stdout.totalBytes == 588_895 && whole.stdout.omittedBytes == 0)
        var bytes = whole.stdout.content.bytes
        var next = whole.stdout.nextOffset
        while let offset = next {
            let piece = try client.call(
                ActionOutput.self,
                .init(session: session.token, action: whole.action, offset: offset)
            )
            #expect(piece.offset == offset && piece.exit == .exited(code: 0))
            bytes += piece.content.bytes
            next = piece.nextOffset
        }
        #expect(String(decoding: bytes, as: UTF8.self) == (1...100_000).map { "\($0)\n" }.joined())

        let cut = try session.shell("seq 100000") { $0.outputBytes = 1000 }
        #expect(cut.out == (1...100_000).map { "\($0)\n" }.joined().prefix(500))
        #expect(cut.stdout.omittedBytes == 588_895 - 1000)
        let end = try client.call(
            ActionOutput.self,
            .init(session: session.token, action: cut.action, offset: cut.stdout.nextOffset ?? 0)
        )
        #expect(end.offset == 588_895 - 500 && end.nextOffset == nil)
        #expect(end.content.text?.hasSuffix("99999\n100000\n") == true)
    }

    @Test func liveOutputComesBeforeTheEnd() throws {
        let call = try client.begin(
            ActionExec.self,
            session.program("echo one; read word; echo $word; echo err >&2") { $0.live = true }
        )
        // Without stdin `read` ends at once: output, then the answer.
        let outcome = try client.end(call)
        #expect(client.started == [outcome.action])
        func told(_ stream: String) -> String {
            let pieces = client.data.filter { $0.stream == stream }
            #expect(pieces.map(\.piece.offset) == pieces.map(\.piece.offset).sorted())
            return String(decoding: pieces.flatMap(\.piece.content.bytes), as: UTF8.self)
        }
        #expect(told("stdout") == "one\n\n" && told("stderr") == "err\n")

        // While it runs: it goes on only when what it printed has been seen.
        let action = try session.start("echo ask; read word; echo got $word") { $0.live = true }
        while !client.data.contains(where: { $0.action == action }) { try client.take() }
        try session.type("this\n", into: action)
        #expect(try session.wait(action).out == "ask\ngot this\n")
    }

    /// Daemons do that: they hold their starter's output open.
    @Test func whatIsLeftRunningHoldsUpNoAnswer() throws {
        let live = try session.shell("echo begun; sleep 600 & exit 4") { $0.live = true }
        #expect(live.exit == .exited(code: 4) && live.out == "begun\n")
        #expect(client.data.flatMap(\.piece.content.bytes) == Array("begun\n".utf8))
        #expect(try session.shell("echo begun; sleep 600 & exit 5").exit == .exited(code: 5))
        let started = try session.start("echo begun; sleep 600 & exit 6")
        #expect(try session.wait(started).exit == .exited(code: 6))
        let waiting = try session.start("sleep 600 & read x; exit 7")
        let output = try client.begin(
            ActionOutput.self,
            .init(session: session.token, action: waiting, offset: 0, wait: true)
        )
        try session.type("x\n", into: waiting)
        #expect(try session.wait(waiting).exit == .exited(code: 7))
        let piece = try client.end(output)
        #expect(piece.content.bytes == [] && piece.exit == .exited(code: 7) && piece.nextOffset == nil)
    }

    @Test func aTerminalResizesAndPassesControlKeys() throws {
        let action = try client.call(
            ActionStart.self,
            .init(session: session.token, argv: ["/bin/sh"], terminal: TerminalSize(rows: 24, columns: 80))
        ).action
        try session.type("stty size; tty\n", into: action)
        #expect(try session.output(of: action, until: "/dev/pts/").contains("24 80"))
        _ = try client.call(
            ActionResize.self,
            .init(session: session.token, action: action, rows: 50, columns: 132)
        )
        try session.type("stty size\n", into: action)
        _ = try session.output(of: action, until: "50 132")
        // By the program itself: between two of its commands the shell is what a control key reaches.
        try session.type("sh -c 'echo be\"\"gun; exec sleep 600'\n", into: action)
        _ = try session.output(of: action, until: "begun")
        try session.type("\u{3}", into: action)
        try session.type("echo af''ter $?\n", into: action)
        _ = try session.output(of: action, until: "after 130")
        try session.type("exit 9\n", into: action)
        #expect(try session.wait(action).exit == .exited(code: 9))
    }

    @Test func backgroundProcessesAreFedWatchedAndReplayed() throws {
        let action = try session.start("for i in 1 2 3; do echo line $i; done; read x; echo got $x; cat >&2")
        #expect(try session.output(of: action, until: "line 3\n") == "line 1\nline 2\nline 3\n")
        // The same again, and a part of it, while it runs.
        #expect(try session.output(of: action, from: 7, until: "line 3\n") == "line 2\nline 3\n")
        let waiting = try client.begin(
            ActionOutput.self,
            .init(session: session.token, action: action, offset: 21, wait: true)
        )
        // Nothing queues behind what runs, or behind who waits.
        #expect(try session.shell("echo beside").out == "beside\n")
        #expect(!client.isAnswered(waiting))
        try session.type("word\n", into: action)
        #expect(try client.end(waiting).content.text == "got word\n")
        try session.type("to cat", into: action, end: true)
        let end = try session.wait(action)
        #expect(end.exit == .exited(code: 0) && end.err == "to cat")
        // And after its end, as often as anybody likes.
        for _ in 0..<2 {
            #expect(try session.output(of: action, from: 14, until: "word\n") == "line 3\ngot word\n")
            #expect(try session.wait(action).out == end.out)
        }
        let late = ActionInput.Params(session: session.token, action: action, content: ByteContent("x"))
        #expect(try client.refusal(ActionInput.self, late) == "conflict")
    }

    @Test func killTakesTheTreeAndASignalTheGroup() async throws {
        let mark = mark()
        let action = try session.start("setsid sh -c 'sleep 600; : \(mark)' & sh -c 'sleep 600; : \(mark)' & wait")
        #expect(try await eventually { Traces.processes([mark]).count >= 3 })
        try session.kill(action)
        #expect(try session.wait(action).exit == .signaled(signal: Int(SIGKILL)))
        #expect(try await eventually { Traces.processes([mark]).isEmpty })
        #expect(try client.refusal(ActionKill.self, .init(session: session.token, action: action)) == "conflict")

        let polite = try session.start("trap 'echo caught; exit 5' INT; echo ready; while :; do sleep 0.02; done")
        _ = try session.output(of: polite, until: "ready\n")
        try session.kill(polite, "INT")
        let end = try session.wait(polite)
        #expect(end.exit == .exited(code: 5) && end.out == "ready\ncaught\n")
    }

    /// On the one connection: what ends a program cannot wait for the program.
    @Test func aRunningActionHoldsUpNeitherKillNorOthers() throws {
        let long = try client.begin(ActionExec.self, session.program("sleep 600") { $0.live = true })
        while client.started.isEmpty { try client.take() }
        #expect(try session.shell("echo quick").out == "quick\n")
        try session.kill(client.started[0])
        #expect(try client.end(long).exit == .signaled(signal: Int(SIGKILL)))
    }

    @Test func theEndOfItsConnectionEndsWhatItRunsAndNothingElse() async throws {
        let mark = mark()
        var other: SessionClient? = try SessionClient(station)
        _ = try other?.begin(ActionExec.self, session.program("sleep 600; : \(mark)"))
        #expect(try await eventually { !Traces.processes([mark]).isEmpty })
        let started = try other?.call(ActionStart.self, session.program("read x; echo still there"))
        other = nil
        #expect(try session.wait(1).exit == .cancelled)
        #expect(try await eventually { Traces.processes([mark]).isEmpty })
        let action = try #require(started?.action)
        try session.type("x\n", into: action)
        #expect(try session.wait(action).out == "still there\n")
    }

    @Test func errorsAreNamed() throws {
        let token = session.token
        func program(_ change: (inout ProgramRequest) -> Void) -> ProgramRequest { session.program("true", change) }
        for (change, what): ((inout ProgramRequest) -> Void, String) in [
            ({ $0.argv = ["true"] }, "both argv and shell"), ({ $0.shell = nil }, "neither"),
            ({ ($0.shell, $0.argv) = (nil, []) }, "no words"), ({ ($0.shell, $0.argv) = (nil, [""]) }, "no name"),
            ({ $0.timeoutSeconds = -1 }, "timeout"), ({ $0.timeoutSeconds = 1e300 }, "timeout"),
            ({ $0.outputBytes = 0 }, "no output"), ({ $0.outputBytes = 1 << 30 }, "much output"),
            ({ $0.terminal = TerminalSize(rows: 0, columns: 80) }, "terminal"),
            ({ $0.terminal = TerminalSize(rows: 24, columns: .max) }, "terminal"), ({ $0.session = nil }, "no session"),
        ] {
            #expect(try client.refusal(ActionExec.self, program(change)) == "invalidParams", "\(what)")
            #expect(try client.refusal(ActionStart.self, program(change)) == "invalidParams", "\(what)")
        }
        let missing = ProgramRequest(session: token, argv: ["no-such-program"])
        #expect(try client.refusal(ActionStart.self, missing) == "sandboxFailed ENOENT")
        let text = ProgramRequest(session: token, argv: ["/etc/passwd"])
        #expect(try client.refusal(ActionStart.self, text) == "sandboxFailed EACCES")
        for action in [0, -1, 999, Int.max, .min] {
            #expect(try client.refusal(ActionWait.self, .init(session: token, action: action)) == "notFound")
            #expect(try client.refusal(ActionOutput.self, .init(session: token, action: action)) == "notFound")
            #expect(try client.refusal(ActionKill.self, .init(session: token, action: action)) == "notFound")
            let input = ActionInput.Params(session: token, action: action, content: ByteContent("x"))
            #expect(try client.refusal(ActionInput.self, input) == "notFound")
            let size = ActionResize.Params(session: token, action: action, rows: 1, columns: 1)
            #expect(try client.refusal(ActionResize.self, size) == "notFound")
        }
        let action = try session.start("sleep 600")
        let signal = ActionKill.Params(session: token, action: action, signal: "NOPE")
        #expect(try client.refusal(ActionKill.self, signal) == "invalidParams")
        for (stream, offset) in [("stdin", 0), ("stdout", -1)] {
            let params = ActionOutput.Params(session: token, action: action, stream: stream, offset: offset)
            #expect(try client.refusal(ActionOutput.self, params) == "invalidParams")
        }
        for size in [(0, 1), (1, -1), (.max, 1)] {
            let params = ActionResize.Params(session: token, action: action, rows: size.0, columns: size.1)
            #expect(try client.refusal(ActionResize.self, params) == "invalidParams")
        }
        #expect(try session.shell("echo well").out == "well\n")
    }
}
