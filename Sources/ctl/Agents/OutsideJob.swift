import Client
import CommandLineKit
import Glibc
import Synchronization
import Wire

/// Works on the trials of a job whose agent runs here: as many at once as there are threads, until the job has ended.
///
/// What is interrupted is cancelled by the daemon, and queued again by `job resume`.
struct OutsideJob {
    /// The job's name and id.
    let job: (name: String, id: String)
    let agent: any OutsideAgent
    let daemon: DaemonAccess.Session
    let shared: SharedOptions

    /// Trials that are taken, and whether the job has ended.
    private final class Progress: Sendable {
        private let taken = Mutex<Set<String>>([])
        let hasEnded = Atomic<Bool>(false)

        /// The first that nobody here works on yet.
        func take(of names: [String]) -> String? {
            taken.withLock { taken in names.first { taken.insert($0).inserted } }
        }
    }

    /// The exit status.
    func run(concurrency: Int) throws -> CInt {
        try work(concurrency: concurrency) {
            try JobWatching(connection: daemon.connection, shared: shared).watch(job.id)
        }
    }

    /// Works while `watch` looks on, which returns when the job has ended.
    func work<Value>(concurrency: Int, whileWatching watch: () throws -> Value) throws -> Value {
        let progress = Progress()
        let workers = try (0..<concurrency).map { _ in
            let (job, agent, socket, shared) = (job, agent, daemon.socket, shared)
            return try BackgroundThread {
                try Worker(job: job, agent: agent, socket: socket, shared: shared, progress: progress).work()
            }
        }
        let watched = Result { try watch() }
        progress.hasEnded.store(true, ordering: .releasing)
        for worker in workers {
            do {
                try worker.join()
            } catch {
                Terminal.error.print([Line("executorctl: ", .yellow) + Line("\(error)")])
            }
        }
        return try watched.get()
    }

    /// One thread, with connections of its own.
    private struct Worker {
        /// The job's name and id.
        let job: (name: String, id: String)
        let agent: any OutsideAgent
        let socket: String
        let shared: SharedOptions
        let progress: Progress

        func work() throws {
            let looking = try shared.access.connect(toSocket: socket)
            while !progress.hasEnded.load(ordering: .acquiring) {
                let queued = try looking.connection.call(
                    TrialList.self,
                    .init(limit: 10_000, phase: .queued, job: job.name)
                ).trials
                // The oldest first. None: others work on the last, which may be tried again.
                guard let trial = progress.take(of: queued.reversed().map(\.trial)) else {
                    usleep(200_000)
                    continue
                }
                do {
                    try work(on: trial)
                } catch ClientError.refused(let error) {
                    Terminal.error.print([Line("\(trial): ", .yellow) + Line(error.message)])
                }
            }
        }

        private func work(on trial: String) throws {
            let acting = try shared.access.connect(toSocket: socket)
            let session = try acting.connection.call(SessionOpen.self, .init(trial: trial))
            let end = TrialEnd()
            let (socket, shared) = (socket, shared)
            let watching = try BackgroundThread {
                // However the watching ends: there is nothing more to act in.
                defer { end.come() }
                let connection = try shared.access.connect(toSocket: socket).connection
                _ = try connection.watch(trial) { event in
                    if case .phase(.freezing) = event.body { end.stepCame() }
                }
            }
            do {
                try OutsideRun.act(agent, session, acting.connection, socket, end)
            } catch let error as OperationError {
                Terminal.error.print([Line("\(trial): \(agent.name): ", .yellow) + Line(error.cause)])
            }
            try watching.join()
        }
    }
}
