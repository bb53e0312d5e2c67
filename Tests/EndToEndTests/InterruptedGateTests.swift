import Glibc
import Testing
import Wire

/// A gate that was cut off in its test: the same command goes on with it, repeats nothing that has ended, and spends nothing.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct InterruptedGateTests {
    private static let slow = "sleep 0.5"

    /// With two trials at a time: of all at once none would have ended while another is at work.
    private static func start(state: String? = nil) async throws -> Station {
        let scratch = try Scratch()
        let station = try await Station.start(
            state: state,
            mode: ["--config", try scratch.write("settings.toml", "concurrency = 2\n")]
        )
        return withExtendedLifetime(scratch) { station }
    }

    /// A daemon with a version that helps.
    private func station() async throws -> Station {
        let station = try await Self.start()
        try await station.takeIn(program: "echo yes > /app/answer\n")
        return station
    }

    private func trials(_ station: Station) async throws -> [TrialSummary] {
        try await station.list().filter { $0.job?.hasPrefix("gate-say-yes-1-9-") ?? false }
    }

    /// Waits until more of the test's trials have ended than `count` and another one is at work; returns those that have ended.
    private func untilItIsHalfway(_ station: Station, after count: Int = 1) async throws -> [TrialSummary] {
        var ended: [TrialSummary] = []
        let isHalfway = try await eventually {
            let all = try await trials(station)
            ended = all.filter { $0.phase == .finished || $0.phase == .errored }
            return ended.count > count && all.contains { $0.phase == .agent }
        }
        try #require(isHalfway)
        return ended
    }

    private func heldOut(_ station: Station) async throws -> GateStep {
        let gate = try await station.json(SkillShow.Result.self, ["skill", "show", "say-yes@1"]).value.gate
        return try #require(gate.first { $0.name == "held-out" })
    }

    @Test(arguments: [true, false])
    func whenTheDaemonEndsItIsTakenUpByTheSameCommand(isKilled: Bool) async throws {
        let first = try await station()
        let tasks = try first.heldOutTasks(6)
        let command = ["skill", "gate", "say-yes@1"] + GateOptions.replays(try first.student(first: Self.slow), tasks)
        let running = try await first.begin(command)
        let ended = try await untilItIsHalfway(first)
        if isKilled { try await first.kill() } else { try await first.stop() }
        _ = try await running.end()

        let next = try await Self.start(state: first.state)
        let outcome = try await next.control(command)
        #expect(outcome.status == 0, "\(outcome.output) \(outcome.errors)")
        #expect(outcome.output.contains("is taken up, "), "\(outcome.output)")
        let decided = try await heldOut(next)
        #expect(decided.outcome == "passed" && decided.figures["test"] == 1, "\(decided)")
        #expect(decided.figures["tasks"] == 6 && decided.figures["repairs"] == 6)
        #expect(decided.reason.contains("of 12 trials were there already"), "\(decided.reason)")

        // What had ended is as it was; nothing but what was cut off was run again, in the one job that there is.
        let all = try await trials(next)
        for trial in ended { #expect(all.contains(trial), "\(trial.trial) is not as it was") }
        #expect(all.count { $0.phase == .finished } == 12 && Set(all.map(\.job)).count == 1)
        #expect(all.count == 12 + all.count { $0.phase == .interrupted || $0.phase == .cancelled })
        let shown = try await next.json(SkillShow.Result.self, ["skill", "show", "say-yes@1"]).value
        #expect(shown.skill.state == "active" && shown.usage.helped == 6 && shown.usage.hurt == 0)
        #expect(Set(shown.gate.map(\.run)) == [decided.run] && shown.gate.map(\.stage) == Array(1...12))
        let log = try await next.json(SkillLog.Result.self, ["skill", "log", "say-yes"]).value.gate
        #expect(log.count { $0.name == "held-out" } == 1 && log.allSatisfy { $0.run == decided.run })
    }

    @Test func leftByItsClientAndCancelledItIsTakenUpAndErrorsAreNoSecondChance() async throws {
        let station = try await station()
        // Its trials never begin; both sides' end with an error.
        let broken = try MadeTask(
            name: "broken",
            verifier: TrialTests.answer,
            extra: "[environment.healthcheck]\ncommand = \"false\"\nretries = 1\ninterval_sec = 0.1"
        ).write(in: station.scratch)
        let tasks = [broken] + (try station.heldOutTasks(6))
        let command =
            ["skill", "gate", "say-yes@1"] + GateOptions.replays(try station.student(first: Self.slow), tasks)
        let left = try await station.begin(command)
        var ended = try await untilItIsHalfway(station)
        let second = try await station.control(command)
        #expect(second.status == 1 && second.errors.contains("is before the gate already"), "\(second.errors)")
        left.kill()
        _ = try await left.end()

        // Once the daemon has noticed that the client is gone.
        var running = try await station.begin(command)
        let hasBegun = try await eventually {
            if running.output.contains("is taken up, ") { return true }
            if running.errors.contains("is before the gate already") { running = try await station.begin(command) }
            return false
        }
        #expect(hasBegun, "\(running.output) \(running.errors)")
        ended += try await untilItIsHalfway(station, after: ended.count)
        let job = try #require(try await trials(station).first?.job)
        #expect(try await station.control(["job", "cancel", job]).status == 0)
        let cancelled = try await running.end()
        #expect(cancelled.status == 1 && cancelled.errors.contains("nothing is decided"), "\(cancelled.errors)")
        // By hand everything is tried again: what ended with an error counts as it did all the same.
        let resumed = try await station.json(JobDetail.self, ["job", "resume", job]).value.summary
        #expect(resumed.progress.errored == 2 && resumed.progress.passed == 6, "\(resumed)")

        let before = try await trials(station)
        let outcome = try await station.control(command)
        #expect(outcome.status == 0, "\(outcome.output) \(outcome.errors)")
        #expect(outcome.output.contains("14 of 14 trials are there already"), "\(outcome.output)")
        let decided = try await heldOut(station)
        #expect(decided.outcome == "passed" && decided.figures["test"] == 1, "\(decided)")
        #expect(decided.figures["tasks"] == 6 && decided.figures["repairs"] == 6)
        let all = try await trials(station)
        #expect(all == before, "nothing was run again")
        for trial in ended { #expect(all.contains(trial), "\(trial.trial) is not as it was") }
    }
}
