import FoundationEssentials
import Glibc
import Testing
import Wire

/// Who may act in a session, and how far its own sandbox reaches.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct SessionAccessTests {
    /// A station that any user of the host can connect to; members of `staff` are its administrators.
    private func openStation(_ files: Scratch) async throws -> Station {
        try #require(chmod(files.path, 0o755) == 0)
        let settings = try files.write("executord.toml", "administratorGroup = \"staff\"\n")
        return try await Station.start(socket: files.path + "/s", mode: ["--config", settings])
    }

    private static let isRoot = geteuid() == 0

    // MARK: Outside

    @Test(.enabled(if: isRoot, "needs root to be somebody else"))
    func anotherUserLearnsNothingAndDoesNothing() async throws {
        let files = try Scratch()
        let station = try await openStation(files)
        let client = try SessionClient(station)
        let session = try client.openSandbox()
        try session.shell("echo mine >kept")
        let action = try session.start("read word; echo got $word")
        let stranger = try await ScriptedPeer.asNobody(
            station,
            "acts_in(Peer(), sys.argv[1], int(sys.argv[2]))",
            [session.token, "\(action)"]
        )
        ScriptedPeer.expect(stranger.output, lines: ScriptedPeer.actingMethods, word: "notFound")
        let byTrial = try await ScriptedPeer.asNobody(
            station,
            """
            trial, peer = sys.argv[1], Peer()
            print("join", peer.told("session.join", trial=trial))
            print("open", peer.told("session.open", trial=trial))
            print("watch", peer.told("trial.watch", trial=trial, **{"from": 1}))
            print("get", peer.told("trial.get", trial=trial))
            print("cancel", peer.told("trial.cancel", trial=trial))
            print("output", peer.told("trial.output", trial=trial, action=1, stream="stdout", offset=0))
            """,
            [session.info.trial]
        )
        ScriptedPeer.expect(byTrial.output, lines: 6, word: "notFound")
        // Nothing of it was done.
        try session.type("word\n", into: action)
        #expect(try session.wait(action).out == "got word\n")
        #expect(try session.shell("ls; cat kept").out == "kept\nmine\n")

        // An administrator may: it is not the script that is refused.
        let administrator = try await ScriptedPeer.asNobody(
            station,
            "acts_in(Peer(), sys.argv[1], int(sys.argv[2]))",
            [session.token, "\(try session.start("sleep 600"))"],
            groups: "--groups=staff"
        )
        #expect(administrator.output.contains("session.join -\n") && administrator.output.contains("action.kill -\n"))
        #expect(try client.refusal(ActionExec.self, session.program("true")) == "sessionEnded submitted")
    }

    @Test(.enabled(if: isRoot, "needs root to be somebody else"))
    func anyConnectionOfTheSameUserActs() async throws {
        let files = try Scratch()
        let station = try await openStation(files)
        let outcome = try await ScriptedPeer.asNobody(
            station,
            """
            opener, other = Peer(), Peer()
            session = opener.ask("session.open", sandbox={"name": "box"})["result"]
            token = session["session"]
            print(other.ask("action.exec", session=token, shell="echo acted")["result"]["stdout"]["text"], end="")
            action = opener.ask("action.start", session=token, argv=["sleep", "600"])["result"]["action"]
            print("kill", other.told("action.kill", session=token, action=action))
            print(opener.ask("action.wait", session=token, action=action)["result"]["exit"]["kind"])
            print("join", other.ask("session.join", trial=session["trial"])["result"]["session"] == token)
            print("close", other.told("session.close", session=token))
            print("after", opener.told("action.exec", session=token, shell="true"))
            """
        )
        #expect(
            outcome.output == "acted\nkill -\nsignaled\njoin True\nclose -\nafter sessionEnded\n",
            "\(outcome.output)\(outcome.errors)"
        )
    }

    @Test func aWrongTokenNamesNoSession() async throws {
        let station = try await Station.start()
        let client = try SessionClient(station)
        let session = try client.openSandbox()
        try session.shell("echo mine >kept")
        let right = session.token
        let last = right.hasSuffix("0") ? "1" : "0"
        let wrong = [
            String(right.dropLast()) + last, String(right.dropLast()), right + "0", String(right.reversed()) + " ", "",
            String(repeating: "0", count: 64), right.uppercased() + "\0", session.info.trial, "%", "../" + right,
        ]
        for token in wrong {
            let peer = try await Program.start(
                "/usr/bin/env",
                ScriptedPeer.argv("acts_in(Peer(), json.loads(sys.argv[1]), 1)", [try json(token)]),
                environment: ["EXECUTORD_SOCKET": station.socket]
            ).end()
            ScriptedPeer.expect(peer.output, lines: ScriptedPeer.actingMethods, word: "notFound")
        }
        #expect(try session.shell("ls").out == "kept\n")
    }

    private func json(_ text: String) throws -> String { String(decoding: try WireJSON.encode(text), as: UTF8.self) }

    // MARK: Inside

    /// Runs a script in a session's sandbox; what it printed.
    private func inside(_ session: Session, _ script: String, _ arguments: [String] = []) throws -> String {
        let outcome = try session.client.call(
            ActionExec.self,
            .init(session: session.token, argv: ScriptedPeer.argv(script, arguments))
        )
        #expect(outcome.exit == .exited(code: 0), "\(outcome.err)")
        return outcome.out
    }

    @Test func theSocketInsideReachesItsOwnSessionOnly() async throws {
        let station = try await Station.start()
        let client = try SessionClient(station)
        let session = try client.openSandbox(inside: true)
        let other = try client.openSandbox()
        try other.shell("echo theirs >kept")
        let action = try other.start("read word; echo got $word")

        let own = try inside(
            session,
            """
            peer = Peer()
            # As clients do that introduce themselves; of the host it tells nothing.
            hello = peer.ask("daemon.hello", client="inside")["result"]
            print(hello["protocolVersion"], hello["maximumFrameBytes"], repr(hello["stateDirectory"]), hello["processID"])
            joined = peer.ask("session.join")["result"]
            print(joined["session"] == sys.argv[1])
            done = peer.ask("action.exec", shell="echo from inside >file; cat file")["result"]
            print(done["action"], done["stdout"]["text"], end="")
            print(peer.ask("action.read", session=sys.argv[1], path="file")["result"]["text"], end="")
            # Another's trial is none that could be named.
            print(peer.ask("session.join", trial=sys.argv[2])["result"]["session"] == sys.argv[1])
            """,
            [session.token, other.info.trial]
        )
        #expect(own == "1 1048576 '' 0\nTrue\n2 from inside\nfrom inside\nTrue\n")

        let token = try inside(session, "acts_in(Peer(), sys.argv[1], int(sys.argv[2]))", [other.token, "\(action)"])
        ScriptedPeer.expect(token, lines: ScriptedPeer.actingMethods, word: "forbidden")
        let methods = try inside(
            session,
            """
            trial, peer = sys.argv[1], Peer()
            for method, params in [
                ("daemon.status", {}), ("daemon.doctor", {}), ("daemon.shutdown", {"drain": False}),
                ("trial.list", {"limit": 9}), ("trial.get", {"trial": trial}), ("trial.cancel", {"trial": trial}),
                ("trial.watch", {"trial": trial, "from": 1}), ("job.list", {"limit": 9}),
                ("session.open", {"sandbox": {}}), ("session.open", {"trial": trial}),
                ("store.collect", {"dryRun": False}), ("task.upload", {"path": "."}),
                ("sandbox.exec", {"argv": ["true"], "readOnly": [], "environment": {}, "limits": {},
                                  "profile": "default", "changes": False, "allowUnenforced": False}),
            ]:
                print(method, peer.told(method, **params))
            """,
            [other.info.trial]
        )
        ScriptedPeer.expect(methods, lines: 13, word: "methodNotFound")
        let files = try inside(session, "print('submit', Peer().told('session.submit', os.pipe()[:1]))")
        #expect(files == "submit forbidden\n")

        try other.type("word\n", into: action)
        #expect(try other.wait(action).out == "got word\n")
        #expect(try other.shell("ls; cat kept").out == "kept\ntheirs\n")
        // Who did not ask for it has none.
        #expect(try other.shell("echo \"${EXECUTORD_SOCKET-none}\"; ls /run/executord").out == "none\n")
        #expect(try session.shell("echo $EXECUTORD_SOCKET").out == "/run/executord/session.sock\n")
    }

    @Test func aProgramInsideMaySayThatItIsDone() async throws {
        let station = try await Station.start()
        let client = try SessionClient(station)
        let task = try MadeTask(verifier: TrialTests.answer).write(in: station.scratch)
        let session = try client.openTask(task, inside: true)
        let script = """
            peer = Peer()
            peer.ask("action.write", path="answer", text="yes\\n")
            peer.ask("session.submit")
            """
        _ = try client.call(ActionStart.self, .init(session: session.token, argv: ScriptedPeer.argv(script)))
        #expect(try await eventually { try await station.detail(session.info.trial).summary.phase == .finished })
        #expect(try await station.detail(session.info.trial).verdict?.outcome == .passed)
        #expect(try client.refusal(ActionExec.self, session.program("true")) == "sessionEnded submitted")
    }

    /// Each is a descriptor of the daemon's.
    @Test func connectionsFromInsideAreBoundedAndHarmNobodyOutside() async throws {
        let station = try await Station.start()
        let client = try SessionClient(station)
        let session = try client.openSandbox(inside: true)
        let script = """
            peers = [Peer() for _ in range(100)]
            answers = [peer.told("session.join") for peer in peers]
            # Some say half a thing and then nothing, some too much.
            for index, peer in enumerate(peers[:32]):
                peer.socket.sendall(b'{"jsonrpc":"2.0","id":1,"meth' if index % 2 else b"garbage\\n" * 1000)
            print(answers.count("-"), answers.count("closed"), flush=True)
            sys.stdin.readline()
            for peer in peers:
                peer.lines.close()
                peer.socket.close()
            # The places of those that left are free, as soon as the daemon has seen that they left.
            for _ in range(10000):
                if Peer().told("session.join") == "-":
                    print("again", flush=True)
                    break
            """
        let before = try sockets(station)
        let action = try client.call(
            ActionStart.self,
            .init(session: session.token, argv: ScriptedPeer.argv(script))
        ).action
        #expect(try session.output(of: action, until: "\n") == "32 68\n")
        #expect(try sockets(station) <= before + 32)
        #expect(try session.shell("echo outside").out == "outside\n")
        let another = try SessionClient(station).openSandbox()
        #expect(try another.shell("echo too").out == "too\n")
        #expect(try another.close().summary.phase == .finished)
        try session.type("\n", into: action)
        let end = try session.wait(action)
        #expect(end.out == "32 68\nagain\n" && end.exit == .exited(code: 0), "\(end.err)")
        #expect(try await eventually { try sockets(station) == before + 1 })
    }

    /// How many sockets the daemon has open.
    private func sockets(_ station: Station) throws -> Int {
        let place = "/proc/\(station.processID)/fd"
        return try FileManager.default.contentsOfDirectory(atPath: place).filter { name in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(place)/\(name)"))?.hasPrefix("socket:")
                == true
        }.count
    }
}
