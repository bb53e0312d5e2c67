import CLinux
import Glibc
package import Linux
package import Reactor
import Synchronization
package import Tasks
package import Wire

/// A sandbox's way to the hosts that its task may reach: an HTTP proxy on the daemon's side.
///
/// It accepts on a socket that listens inside, in the sandbox's own network namespace, which has no other way out. A
/// request names its target, by CONNECT or in absolute form; the name is checked, then resolved here, then the addresses
/// are checked, and a connection is made to one of them. Each connection carries one request.
package final class FilteringProxy: Sendable {
    /// What one sandbox may take of the daemon.
    package struct Limits: Sendable {
        package var connections = 32
        /// Names that are being looked up; the resolver has its own limit in time.
        package var lookups = 32
        package var head = Duration.seconds(30)
        package var connect = Duration.seconds(15)
        /// Without a byte in either direction.
        package var idle = Duration.seconds(600)
        package var total = Duration.seconds(6 * 3600)
        /// Refused requests that are answered at once; further ones wait, for a program that asks in a loop.
        package var promptRefusals = 100

        package init() {}
    }

    let limits: Limits
    let reactor: Reactor
    private let listener: StreamListener
    private let resolver: any HostResolver
    private let record: @Sendable (NetworkRequest) async -> Void

    private struct State {
        var rules: HostRules
        var phase: TrialPhase
        var refusals = 0
        var lookups = 0
        var serving: Task<Void, Never>?
        /// Those that are served.
        var clients: [ObjectIdentifier: StreamSocket] = [:]
    }
    private let state: Mutex<State>

    /// Takes over a socket that listens; `record` is told of each request at its end.
    package init(
        listener: consuming OwnedDescriptor,
        rules: HostRules,
        phase: TrialPhase,
        limits: Limits = Limits(),
        resolver: any HostResolver = SystemResolver(),
        reactor: Reactor,
        record: @escaping @Sendable (NetworkRequest) async -> Void
    ) throws(SystemError) {
        self.listener = try StreamListener(adopting: listener, reactor: reactor)
        self.limits = limits
        self.resolver = resolver
        self.reactor = reactor
        self.record = record
        state = Mutex(State(rules: rules, phase: phase))
    }

    /// Accepts from now on.
    package func start() {
        let task = Task(name: "network proxy") { await self.serve() }
        state.withLock { $0.serving = task }
    }

    /// Other rules from now on; what is connected by the earlier ones is cut off.
    package func change(to rules: HostRules, phase: TrialPhase) {
        let connected = state.withLock { state in
            (state.rules, state.phase) = (rules, phase)
            return Array(state.clients.values)
        }
        for client in connected { client.close() }
    }

    /// Cuts everything off; every request has been recorded when this returns.
    package func end() async {
        let task = state.withLock { $0.serving }
        task?.cancel()
        listener.close()
        await task?.value
    }

    private func serve() async {
        let places = Places(limits.connections)
        await withDiscardingTaskGroup { group in
            while await places.take(), let client = await listener.accept() {
                group.addTask {
                    await self.serve(client)
                    places.giveBack()
                }
            }
            group.cancelAll()
        }
    }

    private func serve(_ client: StreamSocket) async {
        let (phase, key) = (state.withLock { $0.phase }, ObjectIdentifier(client))
        let note = RequestNote(phase: phase)
        state.withLock { $0.clients[key] = client }
        defer { state.withLock { $0.clients[key] = nil } }
        await ProxyConnection(client: client, proxy: self, note: note).serve()
        if let request = note.finished() { await record(request) }
    }

    // MARK: For its connections

    var rules: HostRules { state.withLock { $0.rules } }

    /// nil when too many lookups are under way.
    func resolve(_ name: String) async -> [IPAddress]? {
        let mayLookUp = state.withLock { state in
            guard state.lookups < limits.lookups else { return false }
            state.lookups += 1
            return true
        }
        guard mayLookUp else { return nil }
        defer { state.withLock { $0.lookups -= 1 } }
        return await resolver.addresses(of: name)
    }

    func slowDown() async {
        let count = state.withLock { state in
            state.refusals += 1
            return state.refusals
        }
        if count > limits.promptRefusals { try? await Task.sleep(for: .milliseconds(100)) }
    }
}

/// A listening stream socket that was made elsewhere.
final class StreamListener: Sendable {
    private let descriptor: SharedDescriptor
    private let reactor: Reactor

    init(adopting socket: consuming OwnedDescriptor, reactor: Reactor) throws(SystemError) {
        let raw = socket.raw
        try syscall("fcntl(O_NONBLOCK)") { clinux_set_nonblocking(raw) }
        descriptor = SharedDescriptor(adopting: socket)
        self.reactor = reactor
    }

    deinit { close() }

    /// The next connection; nil when the task is cancelled or the listener closed.
    func accept() async -> StreamSocket? {
        while !Task.isCancelled {
            var code: CInt = 0
            let accepted = descriptor.withRaw { raw in
                let accepted = clinux_accept(raw)
                code = errno
                return accepted
            }
            guard let accepted else { return nil }
            if accepted >= 0 {
                guard let socket = try? StreamSocket(adopting: OwnedDescriptor(adopting: accepted), reactor: reactor)
                else { continue }
                return socket
            }
            switch code {
            case EINTR, ECONNABORTED: continue
            case EAGAIN:
                guard let edges = descriptor.withRaw({ reactor.readiness(of: $0) }) else { return nil }
                for await _ in edges { break }
            case EMFILE, ENFILE, ENOBUFS, ENOMEM: try? await Task.sleep(for: .milliseconds(50))
            default: return nil
            }
        }
        return nil
    }

    func close() {
        guard let owned = descriptor.take() else { return }
        reactor.forget(owned.raw)
    }
}

/// A number of places, of which one is taken for each connection; one task waits for them.
private struct Places: Sendable {
    private let free: AsyncStream<Void>
    private let put: AsyncStream<Void>.Continuation

    init(_ count: Int) {
        (free, put) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingOldest(count))
        for _ in 0..<count { put.yield() }
    }

    /// False when the task is cancelled first.
    func take() async -> Bool {
        for await _ in free { return true }
        return false
    }

    func giveBack() { put.yield() }
}
