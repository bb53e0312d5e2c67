import CLinux
import Glibc
import Linux
package import Reactor
package import SandboxPlan

/// The daemon's end of `executord-init`, its resident launcher; one request at a time.
package actor LauncherClient {
    private let socket: OwnedDescriptor
    private let reactor: Reactor
    /// Requests wait here for their turn: an actor alone would interleave them at the first `await`.
    private var busy = false
    private var queue: [CheckedContinuation<Void, Never>] = []
    private var broken: String?

    /// Starts the launcher and waits until it has its namespaces.
    ///
    /// - Throws: `SandboxError.setupFailed` when it cannot make them, `.system` when it cannot be started.
    package static func start(
        program: String,
        configuration: LauncherConfiguration,
        spawner: Spawner,
        reactor: Reactor
    ) async throws(SandboxError) -> LauncherClient {
        var pair = try SocketPair()
        let file = try sealedMemory("executord-launcher", configuration.encoded())
        do {
            let process = try await spawner.spawn(
                program,
                arguments: ["executord-init"],
                environment: ["SWIFT_BACKTRACE=enable=no"],
                descriptors: [(pair.theirs, 3), (file.raw, 4)]
            )
            // Its end is seen on the socket; here it is only reaped.
            Task(name: "launcher") { _ = try? await process.exit(on: reactor) }
        } catch {
            throw .system(call: "start \(program): \(error)", errno: ENOEXEC)
        }
        let client = LauncherClient(socket: pair.takeOurs(), reactor: reactor)
        switch try await client.reply().reply {
        case .done: return client
        case .failed(let failure): throw .setupFailed(failure, operation: "starting the launcher")
        case .launched: throw .protocolBroken("launched before asked")
        }
    }

    private init(socket: consuming OwnedDescriptor, reactor: Reactor) {
        self.socket = socket
        self.reactor = reactor
    }

    /// Starts a sandbox's pid 1; its own set-up goes on after the return and is reported on `control`'s other end.
    ///
    /// - Returns: the pidfd of pid 1.
    func launch(_ plan: Plan, control: CInt) async throws(SandboxError) -> OwnedDescriptor {
        let file = try sealedMemory("plan", plan.encoded())
        return try started(try await exchange(.launch(beside: clinux_processor()), [file.raw, control]), plan)
    }

    /// Starts pasta(1) for the network of a sandbox.
    ///
    /// - Returns: its pidfd.
    func openNetwork(_ arguments: [String], namespaces: [CInt]) async throws(SandboxError) -> OwnedDescriptor {
        try started(try await exchange(.openNetwork(arguments: arguments), namespaces))
    }

    /// Starts a process that reads a layer.
    ///
    /// - Returns: its pidfd.
    func startReader(_ reading: LayerReading, _ descriptors: [CInt]) async throws(SandboxError) -> OwnedDescriptor {
        try started(try await exchange(.read(reading), descriptors))
    }

    /// Mounts, removes, re-owns: requests whose only answer is success.
    ///
    /// `meanwhile` is called whatever becomes of the request, when the launcher has it, if it gets it.
    package func perform(_ request: LauncherRequest, meanwhile: @Sendable () -> Void = {}) async throws(SandboxError) {
        switch try await exchange(request, [], meanwhile: meanwhile).reply {
        case .done: return
        case .failed(let failure): throw .setupFailed(failure, operation: nil)
        case .launched: throw .protocolBroken("launched unasked")
        }
    }

    private func started(_ answer: Answer, _ plan: Plan? = nil) throws(SandboxError) -> OwnedDescriptor {
        switch answer.reply {
        case .launched:
            guard let pidfd = answer.descriptors.first else { throw .protocolBroken("no pidfd") }
            return OwnedDescriptor(adopting: pidfd)
        case .failed(let failure): throw .setupFailed(failure, operation: plan?.operationText(of: failure))
        case .done: throw .protocolBroken("done instead of launched")
        }
    }

    private struct Answer {
        var reply: LauncherReply
        var descriptors: [CInt]
    }

    private func exchange(
        _ request: LauncherRequest,
        _ descriptors: [CInt],
        meanwhile: () -> Void = {}
    ) async throws(SandboxError) -> Answer {
        while busy {
            await withCheckedContinuation { queue.append($0) }
        }
        busy = true
        defer {
            busy = false
            if !queue.isEmpty { queue.removeFirst().resume() }
        }
        if let broken {
            meanwhile()
            throw .launcherGone(broken)
        }
        let sent = sendMessage(socket.raw, request.encoded(), descriptors)
        let code = errno
        meanwhile()
        guard sent else {
            broken = "sendmsg: \(errorText(code))"
            throw .launcherGone(broken ?? "")
        }
        return try await reply()
    }

    /// Not cut short by cancellation: an unread reply would be taken for the next one's.
    private func reply() async throws(SandboxError) -> Answer {
        while true {
            switch receiveAvailableMessage(socket.raw) {
            case .message(let message):
                guard let reply = try? LauncherReply(decoding: message.bytes) else {
                    broken = "an undecodable reply"
                    throw .launcherGone("an undecodable reply")
                }
                return Answer(reply: reply, descriptors: message.descriptors)
            case .none:
                guard !isReadable(socket.raw, within: briefMilliseconds) else { continue }
                await waitReadable()
            case .ended:
                broken = "it exited"
                throw .launcherGone("it exited")
            }
        }
    }

    private func waitReadable() async {
        let reactor = reactor
        let fd = socket.raw
        // A task of its own is not cancelled with the caller's.
        await Task { for await _ in reactor.readiness(of: fd) { return } }.value
    }
}

extension Plan {
    /// The operation that a failure is about, in words.
    func operationText(of failure: SetupFailure) -> String? {
        switch failure.stage {
        case .operation where operations.indices.contains(failure.index):
            "operation \(failure.index + 1) of \(operations.count): \(operations[failure.index].description)"
        case .mapSource where sources.indices.contains(failure.index): sources[failure.index]
        default: nil
        }
    }
}
