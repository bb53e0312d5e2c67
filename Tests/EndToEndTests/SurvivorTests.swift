import Glibc
import Testing
import Wire

/// Processes that do everything not to be killed, and that are gone all the same.
@Suite(.serialized)
struct SurvivorTests {
    /// Ignores every signal that can be ignored, leaves its session, and lives on in a new child every moment; three
    /// such chains, and a fourth process that only forks and forks.
    private static let program = """
        cat > /app/nasty.py <<'END'
        import os, signal, sys, time
        for number in range(1, 65):
            try: signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError): pass
        def hop():
            while True:
                if os.fork() != 0: os._exit(0)
                os.setsid()
                time.sleep(0.001)
        for chain in range(3):
            if os.fork() == 0: hop()
        if os.fork() == 0:
            os.setsid()
            while True:
                try:
                    if os.fork() == 0:
                        time.sleep(600)
                except OSError: time.sleep(0.01)
        END
        """
    private static func start(_ mark: String) -> String {
        "python3 /app/nasty.py \(mark) </dev/null >/dev/null 2>&1; (setsid sh -c 'trap \"\" TERM; sleep 600; : \(mark)' &)"
    }
    private static func makeMark() -> String { "survivor-\(UInt64.random(in: 0 ... .max))" }

    @Test func nothingSurvivesATrial() async throws {
        let station = try await Station.start()
        let mark = Self.makeMark()
        let (trial, status) = try await station.replay(
            [Self.program, Self.start(mark), "sleep 0.3"],
            on: Repository.helloWorld
        )
        #expect(status == 4)
        let evidence = try #require(trial.verdict?.evidence)
        #expect(evidence.processesKilled > 3)
        #expect(evidence.survivors == 0)
        #expect(Traces.processes([mark]) == [])
    }

    @Test func nothingSurvivesATimeout() async throws {
        let station = try await Station.start()
        let mark = Self.makeMark()
        let task = try MadeTask(verifier: TrialTests.answer, agentSeconds: 2).write(in: station.scratch)
        let (trial, status) = try await station.replay([Self.program, Self.start(mark) + "\nexec sleep 600"], on: task)
        #expect(trial.exception?.type == "AgentTimeoutError")
        #expect(status == 4)
        #expect(Traces.processes([mark]) == [])
    }

    @Test func nothingSurvivesACancel() async throws {
        let station = try await Station.start()
        let mark = Self.makeMark()
        let trial = try await submitNasty(mark, station)
        let outcome = try await station.control(["cancel", trial])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(Traces.processes([mark]) == [])
        let detail = try await station.detail(trial)
        #expect(detail.summary.phase == .cancelled)
        #expect(detail.exception?.type == "CancelledError")
        #expect(try await station.control(["watch", trial]).status == 1)
        // Twice is an error that says so.
        let again = try await station.control(["cancel", trial])
        #expect(again.status == 1 && again.errors.contains("cancelled"))
    }

    @Test func nothingSurvivesTheDaemonsDeath() async throws {
        let station = try await Station.start()
        let mark = Self.makeMark()
        let trial = try await submitNasty(mark, station)
        try await station.kill()
        let next = try await Station.start(state: station.state)
        #expect(Traces.processes([mark]) == [])
        #expect(try await next.detail(trial).summary.phase == .interrupted)
        try await next.stop()
        let traces = Traces.of([mark, station.state], state: station.state)
        #expect(traces.isEmpty, "\(traces)")
    }

    @Test func aClientThatDiesTakesItsTrialWithIt() async throws {
        let station = try await Station.start()
        let mark = Self.makeMark()
        let file = try replayFile(mark, station)
        let client = try await station.begin(["run", Repository.helloWorld, "--replay", file])
        #expect(try await eventually { Traces.processes([mark]).count > 1 })
        client.kill()
        #expect(try await client.end().status == 128 + Int(SIGKILL))
        #expect(
            try await eventually { try await station.list().first?.phase == .cancelled },
            "the trial goes on without its client"
        )
        #expect(Traces.processes([mark]) == [])
    }

    private func replayFile(_ mark: String, _ station: Station) throws -> String {
        struct File: Encodable {
            var actions: [[String: String]]
        }
        let commands = [Self.program, Self.start(mark), "sleep 600"]
        let bytes = try WireJSON.encode(File(actions: commands.map { ["shell": $0] }))
        return try station.scratch.write("nasty.json", String(decoding: bytes, as: UTF8.self))
    }

    /// The trial's name, once its processes are there.
    private func submitNasty(_ mark: String, _ station: Station) async throws -> String {
        let file = try replayFile(mark, station)
        let trial = try await station.submit(Repository.helloWorld, ["--replay", file])
        try #require(try await eventually { Traces.processes([mark]).count > 1 }, "the processes never came")
        return trial
    }
}
