import Testing
import Wire

@testable import Trajectory

@Suite struct EventLogTests {
    @Test func concurrentAppendsAreNumberedWithoutGaps() async throws {
        let state = try StateDirectory()
        let store = try state.open()
        let trials = [
            try await store.submit(.sample(), owner: 1, job: "j").trial,
            try await store.submit(.sample(), owner: 1, job: "j").trial,
        ]
        let returned = try await withThrowingTaskGroup(of: (String, Int).self) { group in
            for number in 0..<200 {
                let trial = trials[number % 2]
                group.addTask { (trial, try await store.append(trial, .note("note \(number)")).sequence) }
            }
            return try await group.reduce(into: [:]) { $0[$1.0, default: []].append($1.1) }
        }
        for trial in trials {
            #expect(returned[trial]?.sorted() == Array(2...101))
            #expect(try await store.events(trial).map(\.sequence) == Array(1...101))
        }
    }

    @Test func whatFailsInAGroupFailsAlone() async throws {
        let state = try StateDirectory()
        let store = try state.open()
        let open = try await store.submit(.sample(), owner: 1, job: nil).trial
        let closed = try await store.finishedTrial()
        let closedEvents = try await store.events(closed)
        let outcomes: [String: Set<Bool>] = await withTaskGroup(of: (String, Bool).self) { group in
            for number in 0..<60 {
                let trial = [open, closed, "nobody"][number % 3]
                group.addTask { (trial, (try? await store.append(trial, .note("note \(number)"))) != nil) }
            }
            return await group.reduce(into: [:]) { $0[$1.0, default: []].insert($1.1) }
        }
        #expect(outcomes == [open: [true], closed: [false], "nobody": [false]])
        #expect(try await store.events(open).map(\.sequence) == Array(1...21))
        #expect(try await store.events(closed) == closedEvents)
    }

    @Test func aRowThatSQLiteRefusesTakesNoOtherCallersEventsWithIt() async throws {
        let state = try StateDirectory()
        let store = try state.open()
        let trial = try await store.submit(.sample(), owner: 1, job: nil).trial
        try await store.refuseNotes(like: "bad")
        let stored = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<40 {
                let bodies: [TrialEvent.Body] = [.note("good"), .note(number % 4 == 0 ? "bad" : "fine")]
                group.addTask { (try? await store.append(trial, bodies: bodies)) != nil }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(stored == 30)
        let events = try await store.events(trial)
        #expect(events.map(\.sequence) == Array(1...61))
        #expect(events.count { $0.body == .note("good") } == 30)
        #expect(try await store.append(trial, .note("on")).sequence == 62)
    }

    @Test func numberingGoesOnAfterAReopen() async throws {
        let state = try StateDirectory()
        let first = try state.open()
        let trial = try await first.submit(.sample(), owner: 1, job: nil).trial
        _ = try await first.append(trial, .note("one"))
        try await first.close()
        let second = try state.open()
        #expect(try await second.append(trial, .note("two")).sequence == 3)
        #expect(try await second.events(trial, from: 2, limit: 1).map(\.body) == [.note("one")])
    }

    @Test func whatWasReturnedIsWhatIsStored() async throws {
        let state = try StateDirectory()
        let store = try state.open()
        let trial = try await store.submit(.sample(), owner: 1, job: nil).trial
        let nasty = "\u{0}\u{1}\u{1b}[31m\u{7f} \u{2028} é 🤖 \u{FFFD} \"\\"
        let record = ActionRecord.sample(
            number: 1,
            request: ActionRequest(argv: ["/bin/sh", "-c", nasty], shell: nasty, cwd: "/a b"),
            exit: .limit(.memory),
            stdout: OutputRecord(totalBytes: 9, headBytes: 9, head: nasty)
        )
        let appended = [
            try await store.append(trial, .actionStarted(number: 1, phase: .agent, command: nasty)),
            try await store.append(trial, .action(record)),
            try await store.append(trial, .note(nasty)),
        ]
        #expect(try await store.events(trial, from: 2) == appended)
        #expect(try await store.action(trial, number: 1) == record)
        await #expect(throws: StoreError.notFound("action 2 of trial \(trial)")) {
            try await store.action(trial, number: 2)
        }
    }

    @Test func environmentValuesAreNotStoredAnywhere() async throws {
        let state = try StateDirectory()
        let store = try state.open()
        let secret = "hunter2-\(UInt64.random(in: 0...UInt64.max))"
        let request = ActionRequest(argv: ["env"], environment: ["API_KEY": secret, "EMPTY": ""])
        let agent = AgentSpec(kind: .replay, actions: [request])
        let trial = try await store.submit(.sample(agent: agent), owner: 1, job: nil).trial
        let event = try await store.append(trial, .action(.sample(number: 1, request: request)))
        #expect(try await store.events(trial, from: 2) == [event], "watchers are told what was stored")

        #expect(try await store.action(trial, number: 1).request.environment == ["API_KEY": "", "EMPTY": ""])
        let queued = try #require(try await store.queued().first)
        #expect(queued.valuesWithheld)
        #expect(queued.configuration.agent.actions.first?.environment == ["API_KEY": "", "EMPTY": ""])
        // Before the store is closed and after: neither the log nor the database has the value.
        for name in ["record.db-wal", "record.db"] {
            let (bytes, _) = try FileOperations.read("\(state.path)/\(name)", from: 0, limit: .max)
            #expect(!bytes.isEmpty)
            #expect(!String(decoding: bytes, as: UTF8.self).contains(secret))
            if name == "record.db-wal" {
                #expect(String(decoding: bytes, as: UTF8.self).contains("API_KEY"))
                try await store.close()
            }
        }
    }

    @Test func aFinishedTrialIsClosed() async throws {
        let state = try StateDirectory()
        let store = try state.open()
        let trial = try await store.finishedTrial()
        let events = try await store.events(trial)
        await #expect(throws: StoreError.conflict("trial \(trial) is finished: its record is closed")) {
            try await store.append(trial, .note("late"))
        }
        await #expect(throws: StoreError.self) { try await store.transition(trial, to: .agent) }
        await #expect(throws: StoreError.self) { try await store.finish(trial, phase: .cancelled) }
        #expect(try await store.events(trial) == events)
        #expect(events.last?.body == .phase(.finished))
    }

    @Test func aVerdictThatCannotBeStoredLeavesTheTrialAsItWas() async throws {
        let state = try StateDirectory()
        let store = try state.open()
        let trial = try await store.submit(.sample(), owner: 1, job: nil).trial
        _ = try await store.transition(trial, to: .verifying)
        await #expect(throws: StoreError.self) {
            try await store.finish(trial, phase: .finished, verdict: .sample(reward: .nan))
        }
        await #expect(throws: StoreError.self) {
            try await store.append(trial, bodies: [.note("kept?"), .verdict(.sample(reward: .infinity))])
        }
        #expect(try await store.summary(trial).phase == .verifying)
        #expect(try await store.events(trial).count == 2)
        #expect(try await store.append(trial, .note("next")).sequence == 3)
    }

    @Test func theFirstExceptionIsTheOneThatCounts() async throws {
        let state = try StateDirectory()
        let store = try state.open()
        let trial = try await store.submit(.sample(), owner: 1, job: nil).trial
        let now = Timestamp.now()
        let timeout = TrialException(type: "AgentTimeoutError", message: "10 s", occurredAt: now)
        _ = try await store.append(trial, .exception(timeout))
        let later = TrialException(type: "VerifierTimeoutError", message: "20 s", occurredAt: now)
        _ = try await store.finish(trial, phase: .finished, verdict: .sample(reward: 0), exception: later)
        let detail = try await store.detail(trial)
        #expect(detail.exception == timeout)
        #expect(detail.summary.exception == "AgentTimeoutError")
        #expect(detail.summary.outcome == .failed)
    }
}

extension Store {
    /// Makes SQLite fail the insertion of some notes, as a full disk would fail any.
    fileprivate func refuseNotes(like text: String) throws(StoreError) {
        try database.execute(
            """
            CREATE TRIGGER refuse BEFORE INSERT ON events WHEN new.body LIKE '%\(text)%'
            BEGIN SELECT raise(ABORT, 'refused'); END
            """
        )
    }
}
