import FoundationEssentials
import Glibc
import Testing
import Wire

/// Sessions that are given a sandbox which stood before they were asked for.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct PreparedSessionTests {
    private let station: Station
    private let client: SessionClient

    init() async throws {
        station = try await Station.start()
        client = try SessionClient(station)
    }

    private func status() throws -> DaemonStatus.Result { try client.call(DaemonStatus.self, Empty()) }

    /// Whether the sandbox of a session was made before: by the name of its control group.
    private func stoodPrepared(_ session: Session) throws -> Bool {
        let mark = "prepared-\(UInt64.random(in: 0 ... .max))"
        let action = try session.start("echo started; sleep 600; : \(mark)")
        _ = try session.output(of: action, until: "started\n")
        let pid = try #require(Traces.processes([mark]).first?.split(separator: ":").first)
        let groups = try String(contentsOfFile: "/proc/\(pid)/cgroup", encoding: .utf8)
        try session.kill(action)
        _ = try session.wait(action)
        return groups.contains("/prepared-")
    }

    /// Opens and closes, and does so again on a machine so busy that what stood is gone, until some of the kind are prepared.
    private func prepare(_ open: () throws -> Session) async throws {
        #expect(
            try await eventually(.seconds(60)) {
                if try status().prepared == 2 { return true }
                for _ in 0..<2 { _ = try open().close() }
                return try await eventually(.seconds(5)) { try status().prepared == 2 }
            }
        )
    }

    private func prepare() async throws { try await prepare { try client.openSandbox() } }

    @Test func theThirdOfAKindIsGivenOne() async throws {
        #expect(try status().prepared == 0)
        let first = try client.openSandbox()
        #expect(try !stoodPrepared(first))
        try first.shell("touch mine /usr/bin/mine")
        _ = try first.close()
        try await prepare()
        #expect(try status().sandboxes == 0)
        let given = try client.openSandbox()
        #expect(try stoodPrepared(given))
        // Nothing of the session before is there, and what is done is evidence as ever.
        let outcome = try given.shell("ls -a /app /usr/bin/mine; touch new")
        #expect(outcome.out == "/app:\n.\n..\n" && outcome.err.contains("/usr/bin/mine"))
        _ = try given.close()
        let files = try await station.events(of: given.info.trial).compactMap { event in
            if case .action(let action) = event.body { action.evidence?.files?.created } else { nil }
        }
        #expect(files.last == ["/app/new"])
        let other = try client.openSandbox { $0.memoryBytes = 300 << 20 }
        #expect(try !stoodPrepared(other))
        _ = try other.close()
    }

    @Test func theRecordOfATrialIsTheSame() async throws {
        let task = try MadeTask(verifier: TrialTests.answer, agentSeconds: 60).write(in: station.scratch)
        var records: [[String]] = []
        for _ in 0..<3 {
            if records.count == 2 { try await prepare { try client.openTask(task) } }
            let session = try client.openTask(task)
            #expect(try stoodPrepared(session) == (records.count == 2))
            try session.shell("echo yes > answer")
            let verdict = try #require(try session.submit().verdict)
            #expect(verdict.reward == 1 && verdict.evidence.survivors == 0)
            let events = try await station.events(of: session.info.trial)
            records.append(
                events.map { event in
                    switch event.body {
                    case .phase(let phase): "phase \(phase)"
                    case .action(let action):
                        "action \(action.number) \(action.exit) \(String(describing: action.evidence?.files))"
                    case .actionStarted(let number, _, _): "started \(number)"
                    case .note(let text): "note \(text)"
                    default: "other"
                    }
                }
            )
        }
        #expect(records[2] == records[0] && records[0].count > 5)
    }

    @Test func theyMakeWayAndLeaveNothing() async throws {
        try await prepare()
        #expect(Traces.of([], state: station.state).trialGroups.contains { $0.hasPrefix("prepared-") })
        #expect(try await station.control(["daemon", "status"]).output.contains("0, 2 more prepared"))
        #expect(try await station.control(["doctor"]).output.contains("2 at this moment, of at most 4"))
        #expect(try await station.control(["gc"]).status == 0)
        #expect(try status().prepared == 0)
        #expect(Traces.of([], state: station.state).trialGroups.isEmpty)
        try await prepare()
        try await station.stop()
        let traces = Traces.of([station.state], state: station.state)
        #expect(traces.isEmpty, "\(traces)")
    }

    @Test func theyDieWithTheDaemon() async throws {
        try await prepare()
        try await station.kill()
        let state = station.state
        #expect(try await eventually { Traces.processes([state]).isEmpty })
        let next = try await Station.start(state: state)
        #expect(Traces.of([], state: state).trialGroups.isEmpty)
        try await next.stop()
        #expect(Traces.of([state], state: state).isEmpty)
    }
}
