import CLinux
import Glibc
package import Linux
package import Reactor
package import SandboxPlan

/// A live sandbox: runs actions through its pid 1 and ends with it.
package actor RunningSandbox {
    private let control: OwnedDescriptor
    private let pidfd: OwnedDescriptor
    package nonisolated let reactor: Reactor
    /// Limits and accounting; nil where the host has no cgroups (and the caller accepted that).
    package nonisolated let group: (any TrialGroup)?
    private var nextID: UInt32 = 1
    private var listeners: [UInt32: Listener] = [:]
    private var reader: Task<Void, Never>?
    /// What serves the actions' descriptors until the sandbox ends, where the reactor's thread must not.
    private var servants: [Int: Task<Void, Never>] = [:]
    /// Those of actions that may be running.
    private var captures: [OutputCapture] = []
    private var servantCount = 0
    private var hasEnded = false
    /// How long its set-up took, as its pid 1 says.
    package private(set) var setup = SetupTimes()
    private var onEnd: (@Sendable () -> Void)?
    /// What came with `ready`: see `NetworkPlan`.
    private var networkDescriptors: [SharedDescriptor] = []
    private let network: NetworkPlan
    private var attendants: [any SandboxAttendant] = []

    /// Launches and waits until the sandbox stands.
    ///
    /// `makeGroup` is called when pid 1 is there, which joins the group before anything else runs. `first` is asked for
    /// meanwhile, and begins as soon as the sandbox stands: only for a plan without a network.
    static func start(
        _ plan: Plan,
        launcher: LauncherClient,
        reactor: Reactor,
        first: SandboxAction?,
        group makeGroup: () throws(SandboxError) -> (any TrialGroup)?
    ) async throws(SandboxError) -> (sandbox: RunningSandbox, first: LiveAction?) {
        let sandbox = try await begin(plan, launcher: launcher, reactor: reactor, group: makeGroup)
        sandbox.group?.prepareSlot()
        let asked = await sandbox.ask(first)
        switch await sandbox.firstEvent() {
        case .ready(let times): await sandbox.note(times)
        case .setupFailed(let failure):
            _ = await sandbox.destroy()
            throw .setupFailed(failure, operation: plan.operationText(of: failure))
        case nil:
            _ = await sandbox.destroy()
            throw .sandboxEnded
        default:
            _ = await sandbox.destroy()
            throw .protocolBroken("first event")
        }
        // Before its end can be heard.
        if case .success(let live) = asked { live.startClock() }
        await sandbox.startReading()
        do throws(SandboxError) {
            try await sandbox.openNetwork(launcher)
            return (sandbox, try asked?.get())
        } catch {
            _ = await sandbox.destroy()
            throw error
        }
    }

    /// Starts pid 1, and tells it of its group while it builds its root.
    private static func begin(
        _ plan: Plan,
        launcher: LauncherClient,
        reactor: Reactor,
        group makeGroup: () throws(SandboxError) -> (any TrialGroup)?
    ) async throws(SandboxError) -> RunningSandbox {
        var pair = try SocketPair()
        let control = pair.takeOurs()
        let pidfd = try await launcher.launch(plan, control: pair.theirs)
        _ = consume pair  // our copy of their end must close, or their death would not be seen
        let group: (any TrialGroup)?
        do throws(SandboxError) {
            group = try makeGroup()
        } catch {
            await RunningSandbox(control, pidfd, plan.network, reactor: reactor, group: nil).destroy()
            throw error
        }
        let sandbox = RunningSandbox(control, pidfd, plan.network, reactor: reactor, group: group)
        do throws(SandboxError) {
            try await sandbox.letJoin()
            return sandbox
        } catch {
            await sandbox.destroy()
            throw error
        }
    }

    /// The first message, for which pid 1 waits.
    private func letJoin() throws(SandboxError) {
        let groups = group?.joinDescriptors ?? []
        do throws(SandboxError) {
            try send([UInt8(groups.count)], groups)
        } catch {
            // What pid 1 said before it ended tells why.
            guard case .sandboxEnded = error else { throw error }
        }
    }

    /// It lies in pid 1's queue until the root stands.
    private func ask(_ first: SandboxAction?) -> Result<LiveAction, SandboxError>? {
        guard let first else { return nil }
        do throws(SandboxError) { return .success(try request(first)) } catch { return .failure(error) }
    }

    private init(
        _ control: consuming OwnedDescriptor,
        _ pidfd: consuming OwnedDescriptor,
        _ network: NetworkPlan,
        reactor: Reactor,
        group: (any TrialGroup)?
    ) {

        self.control = control
        self.pidfd = pidfd
        self.network = network
        self.reactor = reactor
        self.group = group
    }

    private func note(_ times: SetupTimes) { setup = times }

    // MARK: Talking to pid 1

    private func firstEvent() async -> ControlEvent? {
        for await _ in reactor.readiness(of: control.raw) {
            switch receiveAvailableMessage(control.raw) {
            case .message(let message):
                let descriptors = message.descriptors.map { SharedDescriptor(adopting: OwnedDescriptor(adopting: $0)) }
                networkDescriptors = descriptors
                return try? ControlEvent(decoding: message.bytes)
            case .none: continue
            case .ended: return nil
            }
        }
        return nil
    }

    private func startReading() {
        let edges = reactor.readiness(of: control.raw)
        reader = Task { [weak self] in
            for await _ in edges {
                guard let self, await self.receiveEvents() else { break }
            }
            await self?.finishListeners()
        }
    }

    /// Delivers what is there; false when pid 1 is gone.
    private func receiveEvents() -> Bool {
        while !hasEnded {
            switch receiveAvailableMessage(control.raw) {
            case .message(let message):
                let descriptors = message.descriptors.map { SharedDescriptor(adopting: OwnedDescriptor(adopting: $0)) }
                guard let event = try? ControlEvent(decoding: message.bytes) else { return false }
                deliver(ReceivedEvent(event: event, descriptors: descriptors))
            case .none: return true
            case .ended: return false
            }
        }
        return false
    }

    private func deliver(_ received: ReceivedEvent) {
        switch received.event {
        case .started(let id, _), .terminal(let id), .asking(let id), .answered(let id, _), .fileFailed(let id, _):
            tell(listeners[id], received)
        case .notStarted(let id, _), .exited(let id, _, _, _, _), .inspected(let id, _, _, _):
            let listener = listeners.removeValue(forKey: id)
            tell(listener, received)
            finish(listener)
        case .ready, .setupFailed: break
        }
    }

    /// Who waits for what pid 1 says of a request.
    private enum Listener {
        case stream(AsyncStream<ReceivedEvent>.Continuation)
        case action(LiveAction)
    }

    private func tell(_ listener: Listener?, _ received: ReceivedEvent) {
        switch listener {
        case .stream(let stream): stream.yield(received)
        case .action(let action): action.receive(received, from: self)
        case nil: break
        }
    }

    /// Nothing more comes.
    private func finish(_ listener: Listener?) {
        switch listener {
        case .stream(let stream): stream.finish()
        case .action(let action): action.lost()
        case nil: break
        }
    }

    private func finishListeners() {
        let open = listeners
        listeners = [:]
        for listener in open.values { finish(listener) }
    }

    /// Sends a request; its answers come in the stream, which ends with the last one or with the sandbox.
    func request(
        _ descriptors: [CInt],
        _ make: (UInt32) -> ControlRequest
    ) throws(SandboxError) -> (id: UInt32, events: AsyncStream<ReceivedEvent>) {
        guard !hasEnded else { throw .sandboxEnded }
        let id = makeID()
        let (events, listener) = AsyncStream<ReceivedEvent>.makeStream(bufferingPolicy: .bufferingOldest(8))
        listeners[id] = .stream(listener)
        do {
            try send(make(id).encoded(), descriptors)
        } catch {
            finish(listeners.removeValue(forKey: id))
            throw error
        }
        return (id, events)
    }

    /// Asks for the start of a program, which `action` then hears of.
    func request(
        _ program: ProgramPlan,
        _ descriptors: [CInt],
        joins: Int,
        isLast: Bool,
        for action: LiveAction
    ) throws(SandboxError) {
        guard !hasEnded else { throw .sandboxEnded }
        let request = ControlRequest.run(id: action.id, program, joins: joins, isLast: isLast)
        try send(request.encoded(), descriptors)
        // Nothing is delivered before this call has returned.
        listeners[action.id] = .action(action)
    }

    /// What an action is called when pid 1 and we talk of it.
    func makeID() -> UInt32 {
        defer { nextID += 1 }
        return nextID
    }

    private func send(_ bytes: [UInt8], _ descriptors: [CInt]) throws(SandboxError) {
        let sent: Bool
        if bytes.count < maximumMessageBytes {
            sent = sendMessage(control.raw, bytes, descriptors)
        } else {
            let file = try sealedMemory("request", bytes)
            sent = sendMessage(control.raw, [0], [file.raw] + descriptors)
        }
        guard sent else {
            if errno == EPIPE || errno == ECONNRESET { throw .sandboxEnded }
            throw .system(call: "send to sandbox", errno: errno)
        }
    }

    /// Sends a signal to an action's process group: its first process leads one.
    func signal(_ id: UInt32, _ number: CInt) {
        try? send(ControlRequest.signal(id: id, number: number).encoded(), [])
    }

    /// Fills a capture from a descriptor until the stream or the sandbox ends.
    func fill(_ capture: OutputCapture, from source: SharedDescriptor) {
        // At once: an action may have ended before the task begins.
        capture.attach(source)
        captures.removeAll(where: \.isOver)
        guard !hasEnded else { return capture.stop(on: reactor) }
        captures.append(capture)
        capture.serve(on: reactor) { [self] in
            Task { await serve { await capture.run(on: $0) } }
        }
    }

    /// Answers the calls that an action's filter asks about.
    func answer(_ denied: DeniedCalls, from listener: SharedDescriptor) {
        denied.serve(on: reactor, listener) { [self] in
            Task { await serve { await denied.run(on: $0, listener) } }
        }
    }

    private func serve(_ body: @escaping @Sendable (Reactor) async -> Void) {
        servantCount += 1
        let number = servantCount
        servants[number] = Task { [reactor] in
            await body(reactor)
            servants[number] = nil
        }
        if hasEnded { servants[number]?.cancel() }
    }

    // MARK: Looking inside

    /// Live processes besides pid 1, and TCP ports somebody inside listens on.
    package func inspect() async throws(SandboxError) -> (processes: Int, ports: [Int]) {
        let (_, events) = try request([]) { .inspect(id: $0) }
        for await received in events {
            guard case .inspected(_, let processes, let ports, _) = received.event else { continue }
            return (Int(processes), ports.filter { !isProxied || $0 != SandboxNetwork.proxyPort }.map(Int.init))
        }
        throw .sandboxEnded
    }

    /// Reads a tree out of the sandbox within limits; see `CollectedTree`.
    package func collect(_ path: String, limits: TreeLimits) async throws(SandboxError) -> CollectedTree {
        var pipe: Pipe
        do {
            pipe = try Pipe()
        } catch {
            throw .system(call: error.call, errno: error.code)
        }
        guard let sink = pipe.writeEnd.take(), let source = pipe.readEnd.take() else {
            throw .protocolBroken("pipe")
        }
        guard clinux_set_nonblocking(source.raw) == 0 else { throw .system(call: "fcntl", errno: errno) }
        guard !hasEnded else { throw .sandboxEnded }
        let id = makeID()
        try send(ControlRequest.collect(id: id, path: path, limits: limits).encoded(), [sink.raw])
        _ = consume sink
        return try await CollectedTree.read(1, from: source.raw, limits: limits, reactor: reactor)[0]
    }

    // MARK: Served from outside

    /// The socket that listens inside for a proxy, once; nil when the policy asked for none.
    package func takeProxyListener() -> OwnedDescriptor? { isProxied ? networkDescriptors.first?.take() : nil }

    private var isProxied: Bool { if case .proxied = network { true } else { false } }

    /// Gives a sandbox its way to the Internet, if its plan says so.
    private func openNetwork(_ launcher: LauncherClient) async throws(SandboxError) {
        guard case .open = network else { return }
        let namespaces = networkDescriptors
        networkDescriptors = []
        try await PublicNetwork.start(for: self, namespaces: namespaces, launcher: launcher)
    }

    /// Whether packets have a way out.
    func hasRoute() async throws(SandboxError) -> Bool {
        let (_, events) = try request([]) { .inspect(id: $0) }
        for await received in events {
            if case .inspected(_, _, _, let hasRoute) = received.event { return hasRoute }
        }
        throw .sandboxEnded
    }

    /// Ends with the sandbox, at once if that has ended.
    package func add(_ attendant: any SandboxAttendant) async {
        guard !hasEnded else { return await attendant.end() }
        attendants.append(attendant)
    }

    /// The one of that kind.
    package func attendant<Kind: SandboxAttendant>(_ kind: Kind.Type) -> Kind? {
        attendants.lazy.compactMap { $0 as? Kind }.first
    }

    // MARK: The end

    /// Whether its pid 1 is there.
    package var stands: Bool { !hasEnded && !isReadable(pidfd.raw, within: 0) }

    /// Called once, when the sandbox has ended.
    func whenEnded(_ body: @escaping @Sendable () -> Void) {
        onEnd = body
    }

    /// Kills everything inside and waits until it is gone.
    ///
    /// - Returns: processes that were still in the trial's cgroup afterwards: 0 unless the kernel failed us.
    @discardableResult
    package func destroy() async -> Int {
        if !hasEnded {
            hasEnded = true
            // The death of pid 1 takes every process of its namespace along before it can be reaped; pid_namespaces(7).
            _ = clinux_pidfd_send_signal(pidfd.raw, SIGKILL)
            await waitForEnd()
            reader?.cancel()
            reactor.forget(control.raw)
            finishListeners()
            for servant in servants.values { servant.cancel() }
            for capture in captures { capture.stop(on: reactor) }
            captures = []
            onEnd?()
            for attendant in attendants { await attendant.end() }
        }
        return group?.killRemaining() ?? 0
    }

    /// A pidfd becomes readable when its process has ended; see pidfd_open(2).
    private func waitForEnd() async {
        guard !isReadable(pidfd.raw, within: briefMilliseconds) else { return }
        let (fd, reactor) = (pidfd.raw, reactor)
        // A task of its own is not cancelled with the caller's.
        await Task { for await _ in reactor.readiness(of: fd) where isReadable(fd, within: 0) { return } }.value
        reactor.forget(fd)
    }
}

/// Something of the daemon's that serves a sandbox from outside and ends with it.
package protocol SandboxAttendant: Sendable {
    /// Returns when nothing of it is left.
    func end() async
}

/// What pid 1 said, and the descriptors that came with it.
struct ReceivedEvent: Sendable {
    let event: ControlEvent
    let descriptors: [SharedDescriptor]
}
