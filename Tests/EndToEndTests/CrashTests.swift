import FoundationEssentials
import Glibc
import Statistics
import Testing
import Wire

/// kill -9 of the daemon at any moment: what was acknowledged is kept, and nothing of the dead daemon is left.
@Suite(.serialized)
struct CrashTests {
    private static let rounds = 20

    /// A process that cannot be mistaken for a later one of its number.
    private struct Process: Hashable {
        var pid: pid_t
        /// Field 22 of /proc/PID/stat, see proc(5).
        var startTime: String
        var parent: pid_t
    }

    @Test func nothingAcknowledgedIsLostAndNothingIsLeft() async throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("crash rounds with seed \(seed)")
        var random = SplitMix64(seed: seed)
        let scratch = try Scratch()
        let state = try scratch.makeDirectory("state")
        var acknowledged: Set<String> = []
        var descendants: Set<Process> = []
        for round in 1...Self.rounds {
            let station = try await Station.start(state: state)
            let place = "seed \(seed), round \(round)"
            let left = descendants.filter { Self.process($0.pid)?.startTime == $0.startTime }
            #expect(left.isEmpty, "\(place): processes of the dead daemon: \(left)")
            let known = Dictionary(uniqueKeysWithValues: try await station.list().map { ($0.trial, $0) })
            #expect(
                acknowledged.subtracting(known.keys).isEmpty,
                "\(place): lost \(acknowledged.subtracting(known.keys))"
            )
            let cutOff = known.values.filter { $0.phase == .interrupted }.map(\.trial)
            let groups = Traces.of([], state: state).trialGroups
            #expect(!groups.contains { group in cutOff.contains { group.hasPrefix($0) } }, "\(place): \(groups)")

            let pause = Duration.milliseconds(Int.random(in: 0...700, using: &random))
            let count = Int.random(in: 1...4, using: &random)
            let result = try await Self.submit(count, to: station, killedAfter: pause)
            acknowledged.formUnion(result.trials)
            descendants = result.family
        }
        try await settle(state, acknowledged, descendants, seed)
    }

    /// After the last crash: what was queued runs to its verdict, and then nothing is left at all.
    private func settle(_ state: String, _ acknowledged: Set<String>, _ dead: Set<Process>, _ seed: UInt64) async throws
    {
        let station = try await Station.start(state: state)
        #expect(
            try await eventually(.seconds(60)) { try await station.list().allSatisfy(\.phase.isTerminal) },
            "seed \(seed): queued trials do not run"
        )
        let trials = try await station.list()
        print("crash rounds: \(trials.count) trials, \(trials.count { $0.phase == .interrupted }) interrupted")
        #expect(acknowledged.isSubset(of: trials.map(\.trial)), "seed \(seed)")
        #expect(trials.allSatisfy { $0.outcome == .passed || $0.phase == .interrupted }, "seed \(seed)")
        #expect(trials.contains { $0.outcome == .passed } && trials.contains { $0.phase == .interrupted })
        try await station.stop()
        let traces = Traces.of([state], state: state)
        #expect(traces.isEmpty, "seed \(seed): \(traces)")
        #expect(dead.allSatisfy { Self.process($0.pid)?.startTime != $0.startTime })
    }

    /// Submits trials from clients of their own and kills the daemon some time after the first of them began.
    ///
    /// - Returns: the names of the trials that were acknowledged, and the daemon's descendants when it was killed.
    private static func submit(
        _ count: Int,
        to station: Station,
        killedAfter pause: Duration
    ) async throws -> (trials: [String], family: Set<Process>) {
        struct Report: Decodable {
            var trials: [String]
        }
        async let family = {
            try await Task.sleep(for: pause)
            let family = descendants(of: station.processID)
            try await station.kill()
            return family
        }()
        let trials = try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0..<count {
                group.addTask {
                    let outcome = try await station.control(["submit", Repository.helloWorld, "--json"])
                    guard outcome.status == 0 else { return [] }
                    return try WireJSON.decode(Report.self, from: Array(outcome.output.utf8)).trials
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        return (trials, try await family)
    }

    private static func process(_ pid: pid_t) -> Process? {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return nil }
        // After the name: state is field 3, the parent 4, the start time 22.
        let fields = text[end...].split(separator: " ")
        // A zombie is what the host's own init has not reaped yet: it runs no more and holds nothing.
        guard fields.count > 20, fields[1] != "Z", let parent = pid_t(fields[2]) else { return nil }
        return Process(pid: pid, startTime: String(fields[20]), parent: parent)
    }

    private static func descendants(of pid: pid_t) -> Set<Process> {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        let all = names.compactMap { pid_t($0).flatMap { process($0) } }
        var family: Set<Process> = []
        var parents: Set<pid_t> = [pid]
        while !parents.isEmpty {
            let children = all.filter { parents.contains($0.parent) && !family.contains($0) }
            family.formUnion(children)
            parents = Set(children.map(\.pid))
        }
        return family
    }
}
