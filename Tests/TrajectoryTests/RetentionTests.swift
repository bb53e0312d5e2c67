import Glibc
import Testing
import Wire

@testable import Trajectory

/// What may be removed, and what is named by a record and may not.
struct RetentionTests {
    private let state: StateDirectory
    private let store: Store

    init() throws {
        state = try StateDirectory()
        store = try state.open()
    }

    /// Makes a blob's file two hours old.
    private func age(_ digest: String) {
        let path = "\(state.path)/blobs/\(digest.prefix(2))/\(digest.dropFirst(2))"
        var times = [timespec(tv_sec: time(nil) - 7200, tv_nsec: 0), timespec(tv_sec: time(nil) - 7200, tv_nsec: 0)]
        #expect(utimensat(AT_FDCWD, path, &times, 0) == 0, "\(path)")
    }

    @Test func blobsOfRecordsStayAndOrphansGo() async throws {
        let named = try await store.storeOutput(head: [UInt8](repeating: 0xff, count: 10_000), total: 10_000)
        let orphan = try await store.blobs.store([UInt8](repeating: 1, count: 10_000))
        let fresh = try await store.blobs.store([UInt8](repeating: 2, count: 10_000))
        let again = try await store.blobs.store([UInt8](repeating: 3, count: 10_000))
        // An agent that prints what looks like a member of a record keeps nothing by it.
        let forged = #"{"blob":"\#(orphan)"}"#
        _ = try await store.finishedTrial(actions: [
            .sample(number: 1, stdout: named),
            .sample(number: 2, stdout: OutputRecord(totalBytes: 90, headBytes: 90, head: forged)),
        ])
        let digest = try #require(named.blob)
        for blob in [digest, orphan, again] { age(blob) }
        // Stored once more: an event that names it is on its way.
        _ = try await store.blobs.store([UInt8](repeating: 3, count: 10_000))

        let used = try await store.blobsInUse()
        #expect(used == [digest])
        for isDryRun in [true, false] {
            let found = try await store.blobs.collect(keeping: used, isDryRun: isDryRun)
            #expect(found.map(\.digest) == [orphan])
            #expect(found.allSatisfy { $0.bytes >= 10_000 })
        }
        #expect(try await store.blobs.collect(keeping: used, isDryRun: false).isEmpty)
        for blob in [digest, fresh, again] { #expect(try await store.blobs.read(blob).size == 10_000) }
        await #expect(throws: StoreError.self) { try await store.blobs.read(orphan) }
    }

    @Test func onlyEndedTrialsAreOffered() async throws {
        let done = try await store.finishedTrial()
        try await store.setFrozenLayer(done, path: "/layers/x")
        let running = try await store.submit(.sample(), owner: 1, job: nil).trial
        _ = try await store.transition(running, to: .agent)
        _ = try await store.submit(.sample(), owner: 1, job: nil)
        let ended = try await store.endedTrials()
        #expect(ended.map(\.trial) == [done] && ended.first?.layer == "/layers/x" && ended.first?.outcome == .passed)
        try await store.forgetLayers([done])
        #expect(try await store.frozenLayer(done) == nil)
        #expect(try await store.endedTrials().first?.layer == nil)
    }

    @Test func tasksOfTrialsAndJobsAreInUse() async throws {
        let now = Timestamp.now()
        let single = try await store.detail(try await store.finishedTrial()).configuration.taskDigest
        let task = JobTask(digest: "sha256:job", name: "t", path: "/t")
        let plan = JobPlan(tasks: [task], agent: AgentSpec(kind: .nop), attempts: 1, concurrency: 1)
        _ = try await store.createJob(plan, name: nil, owner: 1)
        try await store.recordTask(digest: "sha256:new", name: "t", path: "/t", warnings: [], owner: 1)
        #expect(try await store.tasksInUse() == [single, "sha256:job"])
        #expect(try await store.tasksUploaded(since: now) == ["sha256:new"])
        try await store.forgetTasks(["sha256:new"])
        #expect(try await store.task(digest: "sha256:new", owner: 1) == nil)
    }

    @Test func imagesOfTrialsAndTasksToRunAreKnown() async throws {
        let done = try await store.finishedTrial()
        #expect(try await store.detail(done).images == nil)
        let images = TrialImages(agent: "sha256:one", verifiers: [nil, "sha256:two"])
        try await store.setImages(done, images)
        #expect(try await store.detail(done).images == images && images.all == ["sha256:one", "sha256:two"])
        #expect(try await store.endedTrials().map(\.images) == [images])
        await #expect(throws: StoreError.self) { try await store.setImages("nobody", images) }
        // A job's trials have no configuration of their own.
        #expect(try await store.tasksToRun().isEmpty)
        let plan = JobPlan(
            tasks: [JobTask(digest: "sha256:job", name: "t", path: "/t")],
            agent: AgentSpec(kind: .nop),
            attempts: 1,
            concurrency: 1
        )
        _ = try await store.createJob(plan, name: nil, owner: 1)
        let waiting = try await store.submit(.sample(), owner: 1, job: nil).trial
        let digest = try await store.detail(waiting).configuration.taskDigest
        #expect(try await store.tasksToRun() == ["sha256:job", digest])
    }
}
