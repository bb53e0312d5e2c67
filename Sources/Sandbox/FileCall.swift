import Glibc
import Linux
import Reactor
import SandboxPlan

/// One file request on its way: what the child of pid 1 says of it.
struct FileCall: Sendable {
    fileprivate let events: AsyncStream<ReceivedEvent>

    /// Waits for the answer.
    func reply() async throws(SandboxError) -> (reply: FileReply, descriptors: [SharedDescriptor]) {
        for await received in events {
            switch received.event {
            case .answered(_, let reply): return (reply, received.descriptors)
            case .fileFailed(_, let failure): throw SandboxError(failure)
            case .notStarted(_, let failure): throw .notStarted(failure)
            // Somebody inside may send signals to it: it is one of the user's own processes.
            case .exited: throw .workerKilled
            default: throw .protocolBroken("answer to a file request")
            }
        }
        throw Task.isCancelled ? .cancelled : .sandboxEnded
    }
}

extension RunningSandbox {
    /// Sends a file request and follows it; its child is killed when that takes longer than `deadline`, fails, or the
    /// caller is cancelled.
    ///
    /// `lending` are descriptors for the child that stay the caller's; `giving` is one that is closed here as soon as the
    /// child has it.
    func call<Value: Sendable>(
        _ request: FileRequest,
        as user: ActingUser,
        in directory: SandboxPath,
        lending: [CInt] = [],
        giving: SharedDescriptor? = nil,
        deadline: Duration,
        _ body: @escaping @Sendable (FileCall) async throws(SandboxError) -> Value
    ) async throws(SandboxError) -> Value {
        let given = giving?.raw.map { [$0] } ?? []
        let (id, events) = try self.request(lending + given) { .file(id: $0, request, user, directory: directory) }
        _ = giving?.take()
        let call = FileCall(events: events)
        let value: Value?
        do {
            value = try await withDeadline(deadline) { () async throws(SandboxError) -> Value in try await body(call) }
        } catch {
            signal(id, SIGKILL)
            throw error
        }
        if let value { return value }
        signal(id, SIGKILL)
        throw Task.isCancelled ? .cancelled : .deadlineExceeded(deadline)
    }
}

extension SandboxError {
    fileprivate init(_ failure: FileFailure) {
        switch failure.reason {
        case .system(let errno): self = .file(path: failure.path, errno: errno)
        case .notRegular(let kind): self = .notRegular(path: failure.path, kind: kind)
        case .limit(let what): self = .tooLarge(path: failure.path, what)
        case .refused(let why): self = .refused(path: failure.path, why)
        }
    }
}
