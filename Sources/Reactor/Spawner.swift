import CLinux
import Glibc
package import Linux
import Synchronization

/// Starts programs from one thread that never ends.
///
/// A parent-death signal follows the creating *thread* (prctl(2)): a child made by a pool thread would be killed
/// when that thread retires.
package final class Spawner: Sendable {
    private let state = Mutex<[Job]>([])
    private let wake: CInt

    private struct Job: Sendable {
        let path: String
        let arguments: [String]
        let environment: [String]
        let from: [CInt]
        let to: [CInt]
        let finish: CheckedContinuation<Result<ChildProcess, SystemError>, Never>
    }

    /// Starts the thread.
    package static func start() throws(SystemError) -> Spawner {
        let spawner = Spawner(wake: try syscall("eventfd") { clinux_eventfd() })
        var thread = pthread_t()
        let code = pthread_create(&thread, nil, spawnerThread, Unmanaged.passRetained(spawner).toOpaque())
        guard code == 0 else { throw SystemError(call: "pthread_create", code: code) }
        pthread_detach(thread)
        return spawner
    }

    private init(wake: CInt) {
        self.wake = wake
    }

    /// Starts a program with an empty signal mask, default dispositions and only the descriptors named.
    ///
    /// `descriptors` are pairs of a descriptor here and its number there; 0 to 2 default to /dev/null. The caller must
    /// wait for the child. Errors are those of execve(2) too, such as ENOENT.
    package func spawn(
        _ path: String,
        arguments: [String],
        environment: [String],
        descriptors: [(source: CInt, target: CInt)]
    ) async throws(SystemError) -> ChildProcess {
        let result = await withCheckedContinuation { continuation in
            let job = Job(
                path: path,
                arguments: arguments,
                environment: environment,
                from: descriptors.map(\.source),
                to: descriptors.map(\.target),
                finish: continuation
            )
            state.withLock { $0.append(job) }
            var one: UInt64 = 1
            _ = write(wake, &one, 8)
        }
        return try result.get()
    }

    fileprivate func loop() {
        while true {
            var polled = pollfd(fd: wake, events: Int16(POLLIN), revents: 0)
            _ = poll(&polled, 1, -1)
            var count: UInt64 = 0
            _ = read(wake, &count, 8)
            let jobs = state.withLock { jobs in
                defer { jobs = [] }
                return jobs
            }
            for job in jobs { job.finish.resume(returning: run(job)) }
        }
    }

    private func run(_ job: Job) -> Result<ChildProcess, SystemError> {
        let argv: [UnsafeMutablePointer<CChar>?] = job.arguments.map { strdup($0) } + [nil]
        let environment: [UnsafeMutablePointer<CChar>?] = job.environment.map { strdup($0) } + [nil]
        defer { for pointer in argv + environment { free(pointer) } }
        var pid: pid_t = 0
        let code = clinux_spawn(&pid, job.path, argv, environment, job.from, job.to, job.from.count)
        guard code == 0 else { return .failure(SystemError(call: "posix_spawn \(job.path)", code: code)) }
        let descriptor = clinux_pidfd_open(pid)
        guard descriptor >= 0 else {
            // Nobody could wait for it: end it here. Its number cannot be another's before it is reaped.
            let error = SystemError(call: "pidfd_open", code: errno)
            kill(pid, SIGKILL)
            while waitpid(pid, nil, 0) < 0 && errno == EINTR {}
            return .failure(error)
        }
        return .success(ChildProcess(pid: pid, adopting: OwnedDescriptor(adopting: descriptor)))
    }
}

private func spawnerThread(_ box: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    clinux_block_all_signals()
    guard let box else { return nil }
    Unmanaged<Spawner>.fromOpaque(box).takeUnretainedValue().loop()
    return nil
}
