import Glibc
import Testing
import Wire

@testable import Trajectory

/// `kill -9` in the middle of the work: a child process submits and records until the signal ends it.
@Suite struct DurabilityTests {
    @Test(arguments: [1, 2, 3])
    func whatWasAcknowledgedSurvivesKill9(round: UInt32) async throws {
        let state = try StateDirectory()
        let acknowledged = state.path + "/acknowledged"
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [directory = state.path as String, acknowledged = acknowledged as String, round] in
            let store = try Store.open(directory: directory)
            let log = open(acknowledged, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            var count = 0
            while true {
                let trial = try await store.submit(.sample(), owner: 1, job: "crash").trial
                _ = try await store.transition(trial, to: .agent)
                let event = try await store.append(trial, .action(.sample(number: 1)))
                _ = try await store.finish(trial, phase: .finished, verdict: .sample())
                let line = Array("\(trial) \(event.sequence)\n".utf8)
                #expect(write(log, line, line.count) == line.count)
                count += 1
                // From another thread, at a moment that nobody chose, but after something was acknowledged.
                if count == 5 {
                    Task.detached {
                        try await Task.sleep(for: .microseconds(UInt64.random(in: 1...(20_000 * UInt64(round)))))
                        kill(getpid(), SIGKILL)
                    }
                }
            }
        }
        let (bytes, _) = try FileOperations.read(acknowledged, from: 0, limit: .max)
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        #expect(lines.count >= 5)
        let store = try state.open()
        for line in lines {
            let parts = line.split(separator: " ")
            let trial = String(try #require(parts.first))
            #expect(try await store.summary(trial).phase == .finished)
            #expect(try await store.detail(trial).verdict == .sample())
            #expect(try await store.events(trial).map(\.sequence) == [1, 2, 3, 4, 5])
        }
        // At most the one that was being written when the signal came is there beyond the acknowledged.
        let total = try await store.summaries(visibleTo: nil).total
        #expect(total == lines.count || total == lines.count + 1)
        _ = try await store.interruptUnfinished()
        let integrity = try await store.integrity()
        #expect(integrity == ["ok"])
    }

    @Test func eventsReachTheDiskWithinASecondAndCloseFlushes() async throws {
        let state = try StateDirectory()
        let store = try state.open()
        let trial = try await store.submit(.sample(), owner: 1, job: nil).trial
        #expect(Store.syncInterval < .seconds(1))
        #expect(await !store.hasUnsyncedEvents)
        _ = try await store.append(trial, .note("soon"))
        #expect(await store.hasUnsyncedEvents)
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(5)
        while await store.hasUnsyncedEvents, clock.now < deadline { await Task.yield() }
        #expect(await !store.hasUnsyncedEvents)

        _ = try await store.append(trial, .note("later"))
        try await store.close()
        #expect(await !store.hasUnsyncedEvents)
        await #expect(throws: StoreError.closed) { try await store.append(trial, .note("too late")) }
        await #expect(throws: StoreError.closed) { try await store.summary(trial) }
    }
}

extension Store {
    /// SQLite's own check of the file.
    fileprivate func integrity() throws(StoreError) -> [String] {
        try database.rows("PRAGMA integrity_check") { row in row.text(0) }
    }
}
