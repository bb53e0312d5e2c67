import FoundationEssentials
import Glibc
import Statistics
import Testing
import Wire

/// Sets of trials by the built programs: what they come to, and that nothing is lost or done twice.
@Suite(.serialized)
struct JobTests {
    /// A task of which each trial takes some time, and leaves a line in a file of the verifier's.
    private func slowTask(_ station: Station, _ name: String, seconds: Double = 0.3) throws -> String {
        try MadeTask(
            name: name,
            verifier: TrialTests.answer,
            solution: "#!/bin/sh\nsleep \(seconds)\necho yes > /app/answer\n"
        ).write(in: station.scratch)
    }

    private func show(_ station: Station, _ job: String) async throws -> JobDetail {
        try await station.json(JobDetail.self, ["job", "show", job]).value
    }

    private func trials(_ station: Station, _ job: String) async throws -> [TrialSummary] {
        try await station.json(TrialList.Result.self, ["list", "--job", job, "--limit", "1000"]).value.trials
    }

    @Test func aJobRunsEveryAttemptAndSumsUp() async throws {
        let station = try await Station.start()
        let made = try MadeTask(verifier: TrialTests.answer).write(in: station.scratch)
        let (detail, status) = try await station.json(
            JobDetail.self,
            ["job", "run", Repository.helloWorld, made, "-k", "3", "-n", "2", "--name", "both"]
        )
        #expect(status == 0)
        #expect(detail.summary.state == .finished && detail.summary.job == "both")
        #expect(detail.summary.progress.passed == 6 && detail.summary.progress.total == 6)
        #expect(detail.statistics.overall.mean == 1)
        #expect(detail.statistics.overall.interval?.method == .wilson)
        #expect(detail.statistics.overall.passAtK.map(\.k) == [1, 2])
        #expect(detail.statistics.tasks.map(\.figures.trials) == [3, 3])
        #expect(try await trials(station, "both").count == 6)

        let text = try await station.control(["job", "run", Repository.helloWorld, made, "-a", "nop", "-k", "3"])
        #expect(text.status == 4, "\(text.errors)")
        #expect(text.output.contains("6/6  mean 0  0 passed, 6 failed, 0 unverifiable"), "\(text.output)")
        #expect(text.output.contains("95 % interval 0 to 0.39 (Wilson)"), "\(text.output)")

        let list = try await station.json(JobList.Result.self, ["job", "list"]).value
        #expect(list.total == 2 && list.jobs.last?.job == "both" && list.jobs.first?.agent == "nop")
        let taken = try await station.control(["job", "run", made, "--name", "both"])
        #expect(taken.status == 1 && taken.errors.contains("both"))
        let ended = try await station.control(["job", "cancel", "both"])
        #expect(ended.status == 1 && ended.errors.contains("ended"))
        let resumed = try await station.control(["job", "resume", "both"])
        #expect(resumed.status == 0 && resumed.output.contains("nothing to resume"))
    }

    /// A watcher is told twice a second at most, and the end at once.
    @Test func theEndOfAJobIsToldAtOnce() async throws {
        let station = try await Station.start()
        var delays: [Int64] = []
        for _ in 0..<4 {
            let detail = try await station.json(JobDetail.self, ["job", "run", Repository.helloWorld]).value
            delays.append(Timestamp.now().milliseconds - (try #require(detail.summary.endedAt).milliseconds))
        }
        // The shortest: others may want the processors.
        #expect(try #require(delays.min()) < 250, "\(delays)")
    }

    @Test func anExportIsOneHarborJob() async throws {
        let station = try await Station.start()
        let made = try MadeTask(verifier: TrialTests.answer).write(in: station.scratch)
        _ = try await station.control(["job", "run", Repository.helloWorld, made, "-k", "2", "--name", "out"])
        let place = try station.scratch.makeDirectory("export")
        let outcome = try await station.control(["job", "export", "out", place])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let directory = place + "/out"
        let names = try FileManager.default.contentsOfDirectory(atPath: directory)
        let trials = try await self.trials(station, "out").map(\.trial)
        #expect(
            Set(names) == Set(trials + ["config.json", "lock.json", "result.json", "job.log"]) && trials.count == 4
        )
        for trial in trials {
            for file in ["config.json", "result.json", "lock.json", "agent/trajectory.json"] {
                #expect(FileManager.default.fileExists(atPath: "\(directory)/\(trial)/\(file)"), "\(file)")
            }
        }
        let bytes = try #require(FileManager.default.contents(atPath: directory + "/result.json"))
        let result = try JSONDecoder().decode(HarborResult.self, from: bytes)
        #expect(result.totalTrials == 4 && result.stats.completed == 4 && result.stats.errored == 0)
        #expect(result.finishedAt != nil && UUID(uuidString: result.id) != nil)
        let eval = try #require(result.stats.evals["oracle__adhoc"])
        #expect(eval.trials == 4 && eval.metrics == [["mean": 1]] && eval.passAtK == ["2": 1])
        let unknown = try await station.control(["job", "export", "no-such-job", place])
        #expect(unknown.status == 1 && unknown.errors.contains("no-such-job"))
    }

    @Test func killedInTheMiddleItGoesOnAndRepeatsNothing() async throws {
        let station = try await Station.start()
        // The second one long enough to be seen while it runs, on a busy machine too.
        let (first, second) = (try slowTask(station, "a"), try slowTask(station, "b", seconds: 2))
        _ = try await station.control(["job", "run", first, second, "-k", "3", "-n", "2", "--name", "j", "--detach"])
        var finished: [TrialSummary] = []
        let hasBegun = try await eventually {
            let trials = try await self.trials(station, "j")
            finished = trials.filter { $0.phase == .finished }
            return finished.count >= 2 && trials.contains { !$0.phase.isTerminal && $0.phase != .queued }
        }
        #expect(hasBegun)
        try await station.kill()

        let next = try await Station.start(state: station.state)
        // Nobody asks for it: the job goes on by itself.
        #expect(try await eventually { try await show(next, "j").summary.state == .finished })
        let detail = try await show(next, "j")
        #expect(detail.summary.progress.passed == 6 && detail.summary.progress.total == 6)
        let trials = try await self.trials(next, "j")
        let cutOff = trials.filter { $0.phase == .interrupted }
        #expect(!cutOff.isEmpty && cutOff.count <= 2 && detail.summary.progress.retries == cutOff.count)
        #expect(trials.count == 6 + cutOff.count)
        for trial in finished { #expect(trials.contains(trial), "\(trial.trial) is not as it was") }
        for trial in cutOff {
            let place = try #require(try await next.detail(trial.trial).jobTry)
            let replacement = try await next.detail(try #require(place.replacedBy))
            #expect(replacement.verdict?.outcome == .passed && replacement.jobTry?.after == trial.trial)
            #expect(replacement.jobTry?.attempt == place.attempt && replacement.jobTry?.number == 2)
        }
        // A third daemon finds nothing to do.
        try await next.stop()
        let last = try await Station.start(state: station.state)
        #expect(try await self.trials(last, "j").count == trials.count)
    }

    /// Round after round with the same state: whatever had ended stays as it was, and each attempt ends exactly once.
    @Test func killedAtAnyMomentEveryAttemptEndsOnce() async throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("job rounds with seed \(seed)")
        var random = SplitMix64(seed: seed)
        let scratch = try Scratch()
        let state = try scratch.makeDirectory("state")
        var ended: [String: TrialSummary] = [:]
        for round in 1...8 {
            let station = try await Station.start(state: state)
            if round == 1 {
                let begun = try await station.control(
                    ["job", "run", Repository.helloWorld, "-k", "30", "-n", "2", "--name", "j", "--detach"]
                )
                try #require(begun.status == 0, "\(begun.errors)")
            }
            let known = try await trials(station, "j")
            for (name, summary) in ended { #expect(known.first { $0.trial == name } == summary, "seed \(seed)") }
            for trial in known where trial.phase.isTerminal { ended[trial.trial] = trial }
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...500, using: &random)))
            try await station.kill()
        }
        let station = try await Station.start(state: state)
        #expect(
            try await eventually(.seconds(60)) { try await show(station, "j").summary.state == .finished },
            "seed \(seed)"
        )
        let progress = try await show(station, "j").summary.progress
        #expect(progress.passed == 30 && progress.total == 30, "seed \(seed): \(progress)")
        let all = try await trials(station, "j")
        #expect(all.count { $0.phase == .finished } == 30, "seed \(seed): an attempt was repeated")
        #expect(all.count { $0.phase == .interrupted } == progress.retries && all.count == 30 + progress.retries)
        for (name, summary) in ended { #expect(all.first { $0.trial == name } == summary, "seed \(seed)") }
    }

    @Test func aStoppedDaemonLeavesItsJobsToTheNext() async throws {
        let station = try await Station.start()
        let task = try slowTask(station, "a", seconds: 1)
        _ = try await station.control(["job", "run", task, "-k", "2", "-n", "1", "--name", "j", "--detach"])
        let acts = try await eventually { try await trials(station, "j").contains { $0.phase == .agent } }
        #expect(acts)
        try await station.stop()
        let next = try await Station.start(state: station.state)
        #expect(try await eventually { try await show(next, "j").summary.state == .finished })
        let progress = try await show(next, "j").summary.progress
        #expect(progress.passed == 2 && progress.retries == 1)
    }

    @Test func cancelledItStaysCancelledUntilItIsResumed() async throws {
        let station = try await Station.start()
        let task = try slowTask(station, "a", seconds: 0.5)
        _ = try await station.control(["job", "run", task, "-k", "4", "-n", "1", "--name", "j", "--detach"])
        let hasBegun = try await eventually {
            let trials = try await self.trials(station, "j")
            return trials.contains { $0.phase == .finished } && trials.contains { $0.phase == .agent }
        }
        #expect(hasBegun)
        let (summary, status) = try await station.json(JobSummary.self, ["job", "cancel", "j"])
        #expect(status == 0 && summary.state == .cancelled)
        #expect(summary.progress.running == 0 && summary.progress.queued == 0 && summary.progress.cancelled >= 2)
        let passed = summary.progress.passed
        #expect(passed >= 1)
        try await station.kill()

        let next = try await Station.start(state: station.state)
        #expect(try await show(next, "j").summary.state == .cancelled)
        #expect(try await trials(next, "j").count == 4, "what was cancelled does not go on by itself")
        let (detail, resumed) = try await next.json(JobDetail.self, ["job", "resume", "j"])
        #expect(resumed == 0 && detail.summary.state == .finished && detail.summary.progress.passed == 4)
        #expect(try await trials(next, "j").count == 4 + 4 - passed, "finished trials are not repeated")
    }

    @Test func whatAnotherTryMayMendIsTriedAgainAndTheLastCounts() async throws {
        let station = try await Station.start()
        let unhealthy = try MadeTask(
            verifier: TrialTests.answer,
            extra: "[environment.healthcheck]\ncommand = \"false\"\nretries = 1\ninterval_sec = 0.1"
        ).write(in: station.scratch)
        let (detail, status) = try await station.json(
            JobDetail.self,
            ["job", "run", unhealthy, "--retries", "1", "--name", "j"]
        )
        #expect(status == 1)
        #expect(detail.summary.progress.errored == 1 && detail.summary.progress.retries == 1)
        #expect(detail.statistics.overall.exceptions == ["HealthcheckError": 1])
        #expect(detail.statistics.overall.mean == nil && detail.statistics.harborMean == 0)
        let tries = try await trials(station, "j")
        #expect(tries.count == 2 && tries.allSatisfy { $0.exception == "HealthcheckError" })
        // Used up; whoever resumes it starts to count anew.
        let again = try await station.json(JobDetail.self, ["job", "resume", "j"]).value
        #expect(again.summary.progress.retries == 3)

        let silent = try MadeTask(verifier: "#!/bin/sh\n").write(in: station.scratch)
        let (unjudged, five) = try await station.json(JobDetail.self, ["job", "run", silent, "--retries", "3"])
        #expect(five == 5 && unjudged.summary.progress.unverifiable == 1)
        #expect(unjudged.summary.progress.retries == 0, "another try does not mend a verifier without an answer")
    }

    @Test func tasksThatAreTooLargeRefuseTheWholeJob() async throws {
        let station = try await Station.start()
        let huge = try MadeTask(name: "huge", verifier: TrialTests.answer, extra: "cpus = 4000").write(
            in: station.scratch
        )
        let outcome = try await station.control(["job", "run", huge, Repository.helloWorld])
        #expect(outcome.status == 1)
        for word in ["1 of 2 tasks", "tests/huge", "4000.0 processors", "remedy"] {
            #expect(outcome.errors.contains(word), "\(outcome.errors)")
        }
        #expect(try await station.list().isEmpty)
        #expect(try await station.json(JobList.Result.self, ["job", "list"]).value.total == 0)
        // A single trial is refused alike, and whoever accepts it has the whole host for it.
        #expect(try await station.control(["run", huge]).status == 1)
        let accepted = try await station.run(huge, ["--allow-unenforced"])
        #expect(accepted.status == 0 && accepted.trial.verdict?.outcome == .passed)
        let events = try await station.control(["watch", accepted.trial.summary.trial])
        #expect(events.output.contains("declares more than this host has"), "\(events.output)")
    }

    @Test func onlyAsManyRunAsTheHostHasRoomFor() async throws {
        let scratch = try Scratch()
        let settings = try scratch.write(
            "settings.toml",
            "concurrency = 8\n[admission]\nprocessors = 8\nmemoryBytes = 1100000000\n"
        )
        let station = try await Station.start(mode: ["--config", settings])
        // 512 MiB each: two fit.
        let task = try slowTask(station, "a")
        _ = try await station.control(["job", "run", task, "-k", "6", "-n", "6", "--name", "j", "--detach"])
        var most = 0
        let isDone = try await eventually {
            let progress = try await show(station, "j").summary.progress
            most = max(most, progress.running)
            return progress.passed == 6
        }
        #expect(isDone && most >= 1 && most <= 2, "\(most) ran at a time")
        let spans = try await trials(station, "j").compactMap { trial in
            trial.startedAt.flatMap { start in trial.finishedAt.map { (start, $0) } }
        }
        #expect(spans.count == 6)
        for (start, _) in spans { #expect(spans.count { $0.0 <= start && start < $0.1 } <= 2) }
    }

    @Test func whatThePolicyDoesNotKeepIsCollected() async throws {
        let station = try await Station.start()
        let passed = try await station.run(Repository.helloWorld).trial.summary.trial
        let failed = try await station.run(Repository.helloWorld, ["--agent", "nop"]).trial.summary.trial
        func collect(_ options: [String]) async throws -> StoreCollect.Result {
            try await station.json(StoreCollect.Result.self, ["gc"] + options).value
        }
        #expect(try await collect([]).piles.allSatisfy { $0.count == 0 }, "all of it is new")
        let dry = try await collect(["--dry-run", "--older-than", "0s", "--keep-layers", "failed"])
        #expect(dry.items.map(\.name) == [passed] && dry.items[0].kind == .layer && dry.items[0].bytes > 0)
        #expect(try await station.detail(passed).hasFrozenLayer, "a dry run removes nothing")

        let done = try await collect(["--older-than", "0s", "--keep-layers", "failed"])
        #expect(done.items == dry.items)
        let detail = try await station.detail(passed)
        #expect(!detail.hasFrozenLayer && detail.verdict?.outcome == .passed, "the record is kept")
        #expect(!FileManager.default.fileExists(atPath: "\(station.state)/trials/\(passed)/layer.tar"))
        let again = try await station.control(["verify", passed])
        #expect(again.status == 1 && again.errors.contains("frozen layer"))
        #expect(try await station.control(["verify", failed]).status == 4)
        #expect(try await collect(["--keep-layers", "none", "--dry-run"]).items.map(\.name) == [failed])
        // The tasks of trials stay: a job can be run again, a trial exported.
        let place = try station.scratch.makeDirectory("export")
        #expect(try await station.control(["export", passed, place]).status == 0)
    }

    /// The parts of Harbor's `result.json` that a viewer of jobs reads.
    private struct HarborResult: Decodable {
        struct Stats: Decodable {
            var completed: Int
            var errored: Int
            var evals: [String: Eval]

            enum CodingKeys: String, CodingKey {
                case evals
                case completed = "n_completed_trials"
                case errored = "n_errored_trials"
            }
        }
        struct Eval: Decodable {
            var trials: Int
            var metrics: [[String: Double]]
            var passAtK: [String: Double]

            enum CodingKeys: String, CodingKey {
                case metrics
                case trials = "n_trials"
                case passAtK = "pass_at_k"
            }
        }
        var id: String
        var finishedAt: String?
        var totalTrials: Int
        var stats: Stats

        enum CodingKeys: String, CodingKey {
            case id, stats
            case finishedAt = "finished_at"
            case totalTrials = "n_total_trials"
        }
    }
}
