import Testing
import Wire

@testable import Trajectory

@Suite struct TrialRecordTests {
    @Test func namesAreHarborsAndUniqueAndSafe() async throws {
        let state = try StateDirectory()
        let store = try state.open()
        let long = "org/" + String(repeating: "x", count: 40)
        let name = try await store.submit(.sample(task: long), owner: 1, job: nil).trial
        #expect(name.hasPrefix(String(repeating: "x", count: 32) + "__"))
        #expect(name.count == 32 + 2 + 7)
        for task in ["..", "../../etc", "a/\u{0}\n", ".hidden", "", "trailing_-"] {
            let name = try await store.submit(.sample(task: task), owner: 1, job: nil).trial
            #expect(name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) })
            #expect(!name.hasPrefix("."))
        }
        var names: Set<String> = []
        for _ in 0..<50 { names.insert(try await store.submit(.sample(), owner: 1, job: "many").trial) }
        #expect(names.count == 50)
    }

    @Test func jobsAreNamedOrMadeAndBelongToTheirOwner() async throws {
        let state = try StateDirectory()
        let store = try state.open()
        let first = try await store.submit(.sample(), owner: 1, job: nil)
        let second = try await store.submit(.sample(), owner: 1, job: nil)
        #expect(first.job != second.job)
        let mine = try await store.submit(.sample(), owner: 1, job: "same")
        let mineToo = try await store.submit(.sample(), owner: 1, job: "same")
        let other = try await store.submit(.sample(), owner: 2, job: "same")
        #expect(try await store.trials(ofJob: "same", visibleTo: 1) == [mine.trial, mineToo.trial])
        #expect(try await store.trials(ofJob: "same", visibleTo: 2) == [other.trial])
        #expect(try await store.trials(ofJob: "same", visibleTo: nil).count == 3)
        #expect(try await store.trials(ofJob: "same", visibleTo: 3).isEmpty)
    }

    @Test func trialsToLearnFromComeInPages() async throws {
        let state = try StateDirectory()
        let store = try state.open()
        var names: [String] = []
        for _ in 0..<5 { names.append(try await store.submit(.sample(), owner: 1, job: nil).trial) }
        var repetition = TrialConfiguration.sample()
        repetition.repeats = TrialRepetition(of: names[0], actions: [1], distiller: "mine")
        _ = try await store.submit(repetition, owner: 1, job: nil)
        var (pages, last): ([[String]], Int?) = ([], nil)
        while case let page = try await store.unrepeatedTrials(before: last, limit: 2, visibleTo: 1), !page.isEmpty {
            pages.append(page.map(\.name))
            last = page.last?.number
        }
        #expect(pages == [[names[4], names[3]], [names[2], names[1]], [names[0]]])
        #expect(try await store.unrepeatedTrials(before: nil, limit: 9, visibleTo: 2).isEmpty)
    }

    @Test func othersTrialsAreInvisible() async throws {
        let state = try StateDirectory()
        let store = try state.open()
        let mine = try await store.submit(.sample(), owner: 1, job: nil).trial
        let other = try await store.submit(.sample(), owner: 2, job: nil).trial
        #expect(try await store.summaries(visibleTo: 1).trials.map(\.trial) == [mine])
        #expect(try await store.summaries(visibleTo: 1).total == 1)
        #expect(try await store.summaries(visibleTo: nil).trials.map(\.trial) == [other, mine])
        #expect(try await store.resolve(mine, visibleTo: 1) == mine)
        await #expect(throws: StoreError.notFound("trial '\(other)'")) {
            try await store.resolve(other, visibleTo: 1)
        }
        // Another's trial does not even make a reference ambiguous.
        #expect(try await store.resolve("hello-world", visibleTo: 1) == mine)
    }

    @Test func referencesAreExactOrUnique() async throws {
        let state = try StateDirectory()
        let store = try state.open()
        let first = try await store.submit(.sample(task: "alpha"), owner: 1, job: nil).trial
        let second = try await store.submit(.sample(task: "alpha"), owner: 1, job: nil).trial
        #expect(try await store.resolve(String(first.suffix(7)), visibleTo: 1) == first)
        #expect(try await store.resolve(second, visibleTo: nil) == second)
        await #expect(throws: StoreError.ambiguous(reference: "alpha__", candidates: [second, first])) {
            try await store.resolve("alpha__", visibleTo: 1)
        }
        // Wildcards of SQL and the empty string are nobody's name.
        for reference in ["%", "_", "alpha%", "", "'; DROP TABLE trials; --"] {
            await #expect(throws: StoreError.notFound("trial '\(reference)'")) {
                try await store.resolve(reference, visibleTo: 1)
            }
        }
        await #expect(throws: StoreError.notFound("trial nobody")) { try await store.detail("nobody") }
    }

    @Test func listsFilterAndCount() async throws {
        let state = try StateDirectory()
        let store = try state.open()
        let done = try await store.finishedTrial(job: "a")
        for _ in 0..<3 { _ = try await store.submit(.sample(), owner: 1000, job: "b") }
        let (queued, total) = try await store.summaries(limit: 2, phase: .queued, visibleTo: 1000)
        #expect(queued.count == 2 && total == 3)
        #expect(try await store.summaries(job: "a", visibleTo: 1000).trials.map(\.trial) == [done])
        #expect(try await store.summaries(limit: 0, visibleTo: nil).trials.isEmpty)
        #expect(try await store.counts() == [.queued: 3, .finished: 1])
    }

    @Test func detailsTellTheWholeLife() async throws {
        let state = try StateDirectory()
        let store = try state.open()
        let actions = (1...3).map { ActionRecord.sample(number: $0) }
        let trial = try await store.finishedTrial(actions: actions)
        try await store.setFrozenLayer(trial, path: "/layers/x")
        let detail = try await store.detail(trial)
        #expect(detail.summary.actions == 3, "the verifier's own action does not count")
        #expect(detail.summary.reward == 1)
        #expect(detail.verdict == .sample())
        #expect(detail.configuration == .sample())
        #expect(detail.phases.map(\.phase) == [.queued, .starting, .agent, .freezing, .verifying])
        #expect(detail.phases.allSatisfy { $0.finishedAt != nil })
        #expect(detail.hasFrozenLayer)
        #expect(try await store.frozenLayer(trial) == "/layers/x")
        let started = try #require(detail.summary.startedAt)
        let finished = try #require(detail.summary.finishedAt)
        #expect(detail.summary.submittedAt <= started && started <= finished)
        try await store.setFrozenLayer(trial, path: nil)
        #expect(try await store.detail(trial).hasFrozenLayer == false)
        await #expect(throws: StoreError.notFound("trial x")) { try await store.setFrozenLayer("x", path: nil) }
    }

    @Test(arguments: [TrialPhase.starting, .agent, .freezing, .verifying])
    func aRestartInterruptsWhatRan(phase: TrialPhase) async throws {
        let state = try StateDirectory()
        let first = try state.open()
        let finished = try await first.finishedTrial()
        let running = try await first.submit(.sample(), owner: 1, job: nil).trial
        let waiting = [
            try await first.submit(.sample(), owner: 1, job: nil).trial,
            try await first.submit(.sample(), owner: 1, job: nil).trial,
        ]
        _ = try await first.transition(running, to: phase)
        try await first.close()

        let second = try state.open()
        #expect(try await second.interruptUnfinished() == [running])
        #expect(try await second.summary(running).phase == .interrupted)
        let events = try await second.events(running)
        #expect(events.map(\.sequence) == [1, 2, 3, 4])
        #expect(events.last?.body == .phase(.interrupted))
        #expect(try await second.summary(finished).phase == .finished)
        #expect(try await second.queued().map(\.trial) == waiting)
        #expect(try await second.queued().allSatisfy { !$0.valuesWithheld })
        #expect(try await second.interruptUnfinished().isEmpty)
    }

    @Test func tasksKeepTheirGateUntilTheContentsChange() async throws {
        let state = try StateDirectory()
        let store = try state.open()
        try await store.recordTask(digest: "sha256:1", name: "t", path: "/a", warnings: ["w"], owner: 1)
        #expect(try await store.task(digest: "sha256:1", owner: 1)?.gate == nil)
        let summary = try await store.summary(try await store.finishedTrial())
        let gate = GateResult(oracle: summary, nop: summary, admitted: true, at: Timestamp(milliseconds: 5))
        try await store.recordGate(gate, digest: "sha256:1", owner: 1)
        try await store.recordTask(digest: "sha256:1", name: "t", path: "/b", warnings: [], owner: 1)
        let task = try #require(try await store.task(digest: "sha256:1", owner: 1))
        #expect(task.gate == gate)
        #expect(task.path == "/b" && task.warnings.isEmpty)
        #expect(try await store.task(digest: "sha256:1", owner: 2) == nil)
        await #expect(throws: StoreError.notFound("task sha256:2")) {
            try await store.recordGate(gate, digest: "sha256:2", owner: 1)
        }
    }
}
