import Glibc
import Synchronization
import Wire

/// The daemon's record: tasks, trials, events and verdicts in SQLite, large outputs as content-addressed files.
///
/// Its work runs on a queue of its own. Submissions, phase ends and verdicts are durable against power loss when the call
/// returns; events against `kill -9` when the call returns, and against power loss within a second.
package actor Store {
    /// The state directory: `record.db`, `blobs/`, `trials/`.
    package nonisolated let directory: String
    /// Outputs too large for an event.
    package nonisolated let blobs: BlobStore

    /// How long an event may wait for the disk.
    static let syncInterval: Duration = .milliseconds(500)

    let executor: QueueExecutor
    private var lock: StateLock?
    let database: Database
    /// Trials that have not ended, by name: their row, and where their event log stands.
    var live: [String: LiveTrial] = [:]
    /// Events that the next commit takes with it.
    nonisolated let waiting = Mutex<[WaitingEvents]>([])
    private var syncTask: Task<Void, Never>?
    /// The first failed sync; what the disk lost by then is unknown, so nothing more is written after it.
    private var syncFailure: StoreError?

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Opens or creates the record in `directory`, which no other process may have open.
    package static func open(directory: String) throws(StoreError) -> Store {
        try FileOperations.makeDirectory(directory)
        let lock = try StateLock(directory: directory)
        try FileOperations.makeDirectory(directory + "/trials")
        let blobs = try BlobStore(directory: directory + "/blobs")
        let database = try Database(path: directory + "/record.db")
        try Migrations.apply(to: database, Migrations.all)
        try database.openLog()
        try FileOperations.syncDirectory(directory)
        return Store(directory: directory, lock: lock, blobs: blobs, database: database)
    }

    private init(directory: String, lock: consuming StateLock, blobs: BlobStore, database: sending Database) {
        self.directory = directory
        self.lock = consume lock
        self.blobs = blobs
        self.database = database
        executor = QueueExecutor(label: "executord.record")
    }

    /// Where the daemon puts the files that it collected of a trial: `agent/`, `verifier/`, `artifacts/`.
    package nonisolated func filesDirectory(trial: String) -> String {
        "\(directory)/trials/\(trial)"
    }

    /// Makes everything durable and closes; later calls throw `closed`.
    package func close() throws(StoreError) {
        syncTask?.cancel()
        syncTask = nil
        defer {
            database.close()
            lock = nil
        }
        try database.syncLog()
    }

    /// Writes in one transaction; an error leaves the record as it was.
    @discardableResult
    func write<T>(
        _ durability: Database.Durability,
        _ body: () throws(StoreError) -> T
    ) throws(StoreError) -> T {
        if let syncFailure { throw syncFailure }
        let result = try database.transaction(durability, body)
        if durability == .normal { scheduleSync() }
        return result
    }

    /// Whether events wait for the next sync.
    var hasUnsyncedEvents: Bool { syncTask != nil }

    /// One sync serves all events of the interval; an idle record never wakes up.
    private func scheduleSync() {
        guard syncTask == nil else { return }
        syncTask = Task { [weak self] in
            try? await Task.sleep(for: Store.syncInterval)
            await self?.syncEvents()
        }
    }

    private func syncEvents() {
        guard !Task.isCancelled else { return }
        syncTask = nil
        do throws(StoreError) {
            try database.syncLog()
        } catch {
            syncFailure = error
        }
    }
}

/// A trial that can still change.
struct LiveTrial {
    let id: Int
    var phase: TrialPhase
    /// Sequence number of the last event.
    var sequence: Int
}

/// Keeps a second daemon out of a state directory; the kernel lets go of it however this process ends.
private struct StateLock: ~Copyable {
    private let descriptor: CInt

    init(directory: String) throws(StoreError) {
        let path = directory + "/lock"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .lastFile("open", path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            _ = close(descriptor)
            guard code == EWOULDBLOCK else { throw .file(operation: "lock", path: path, errno: Int(code)) }
            throw .inUse(directory: directory)
        }
    }

    deinit { _ = close(descriptor) }
}
