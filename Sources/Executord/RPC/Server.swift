import Linux
import Reactor
import Synchronization
import Wire

/// Accepts clients and serves each in a task of its own; all of them end with the server.
final class Server: Sendable {
    private let listener: UnixListener
    private let routes: [String: Route]
    /// Clients at the same time; one more is turned away.
    private let limit: Int
    private let caller: @Sendable (PeerCredentials, ClientConnection) -> Caller
    private let connected = Atomic<Int>(0)
    private let everConnected = Atomic<Bool>(false)

    /// `caller` says who a peer is.
    init(
        listener: UnixListener,
        routes: [Route],
        limit: Int,
        caller: @escaping @Sendable (PeerCredentials, ClientConnection) -> Caller
    ) {
        self.listener = listener
        self.routes = Dictionary(uniqueKeysWithValues: routes.map { ($0.name, $0) })
        self.limit = limit
        self.caller = caller
    }

    /// Connections at this moment.
    var connections: Int { connected.load(ordering: .relaxed) }

    /// Whether anybody has ever connected: an embedded daemon waits for its first client.
    var hasServed: Bool { everConnected.load(ordering: .relaxed) }

    /// Until `stop`, or until accepting fails for good.
    func run(detached: @escaping @Sendable (Set<String>) async -> Void) async throws(SystemError) {
        var failure: SystemError?
        await withDiscardingTaskGroup { group in
            while true {
                let connection: UnixConnection?
                do throws(SystemError) {
                    connection = try await listener.accept()
                } catch {
                    failure = error
                    break
                }
                guard let connection else { break }
                guard connections < limit else {
                    connection.close()
                    continue
                }
                connected.add(1, ordering: .relaxed)
                everConnected.store(true, ordering: .relaxed)
                group.addTask {
                    let trials = await ClientConnection(connection, routes: self.routes).serve { client in
                        self.caller(connection.peer, client)
                    }
                    await detached(trials)
                    self.connected.subtract(1, ordering: .relaxed)
                }
            }
            group.cancelAll()
        }
        if let failure { throw failure }
    }

    func stop() {
        listener.close()
    }
}
