import Reactor
import Sandbox
import SandboxPlan
import Wire

/// A socket inside a sandbox that reaches the sandbox's own session, and nothing else of the daemon.
struct InnerSocket: Sendable {
    static let path = "/run/executord/session.sock"

    /// Each is a descriptor of the daemon's.
    private static let connections = 32

    let live: LiveSession
    let reactor: Reactor
    let routes: [Route]

    /// Listens until the session ends.
    func open() async throws {
        let socket = try await live.session.sandbox.listen(at: SandboxPath(Self.path))
        let listener = try UnixListener.adopt(socket, reactor: reactor)
        let live = live
        let server = Server(listener: listener, routes: routes, limit: Self.connections) { _, connection in
            Caller(user: live.owner, isAdministrator: false, connection: connection, session: live)
        }
        live.innerSocket = Self.path
        Task(name: "inner socket") {
            let serving = Task { try await server.run { _ in } }
            _ = await live.untilEnded()
            server.stop()
            serving.cancel()
            _ = try? await serving.value
        }
    }
}
