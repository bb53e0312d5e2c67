import Glibc
import Linux
package import Wire

/// Finds a daemon, or starts one.
package struct DaemonAccess: Sendable {
    /// A connection after its introduction.
    package struct Session {
        package let connection: Connection
        package let hello: DaemonHello.Result
        /// The path that it was reached by.
        package let socket: String
        /// Whether this call started the daemon.
        package let isStarted: Bool
    }

    /// `--socket`.
    private let socket: String?
    /// Name and version, for the daemon's log.
    private let client: String
    private let environment: @Sendable (String) -> String?

    package init(
        socket: String?,
        client: String,
        environment: @escaping @Sendable (String) -> String? = { name in getenv(name).map { String(cString: $0) } }
    ) {
        self.socket = socket
        self.client = client
        self.environment = environment
    }

    /// A daemon that is already there.
    package func connect() throws(ClientError) -> Session {
        try connect(to: DaemonLocation.candidates(socket: socket, environment: environment))
    }

    /// One more connection to a daemon that has been found.
    package func connect(toSocket path: String) throws(ClientError) -> Session {
        try connect(to: [DaemonLocation(kind: .named, path: path)])
    }

    /// A daemon that is already there, else an embedded one.
    ///
    /// A named socket is never replaced by another daemon.
    package func connectOrStart() throws(ClientError) -> Session {
        try start(after: DaemonLocation.candidates(socket: socket, environment: environment))
    }

    /// The caller's own daemon, which can be lent directories: a named one, that of their own service, or the embedded one.
    package func connectPrivately() throws(ClientError) -> Session {
        let places = DaemonLocation.candidates(socket: socket, environment: environment)
        return try start(after: places.filter { $0.kind != .system })
    }

    private func connect(to places: [DaemonLocation]) throws(ClientError) -> Session {
        var tried: [ClientError.Attempt] = []
        for place in places {
            let connection: Connection
            do throws(SystemError) {
                connection = try Connection(connectingTo: place.path)
            } catch {
                tried.append(.init(path: place.path, reason: Self.explain(error)))
                continue
            }
            let hello = try connection.hello(client: client)
            return Session(connection: connection, hello: hello, socket: place.path, isStarted: false)
        }
        throw .unreachable(
            tried: tried,
            remedy: places.contains { $0.kind == .named }
                ? "start the daemon of that socket, or leave out --socket and EXECUTORD_SOCKET"
                : "start the service ('systemctl start executord'), or use 'executorctl run', which starts its own"
        )
    }

    private func start(after places: [DaemonLocation]) throws(ClientError) -> Session {
        do {
            return try connect(to: places)
        } catch {
            guard case .unreachable = error, !places.contains(where: { $0.kind == .named }) else { throw error }
        }
        guard let state = StateDirectory(environment: environment) else {
            throw .startFailed(cause: "neither HOME nor EXECUTORD_STATE is set", remedy: "set EXECUTORD_STATE")
        }
        let executable = try Self.findExecutable(beside: Self.ownExecutable(), path: environment("PATH") ?? "")
        let daemon = EmbeddedDaemon(state: state, executable: executable)
        // An older daemon may end between its answer and our connection: once more is enough.
        for attempt in 1...2 {
            let path = try daemon.start()
            do throws(ClientError) {
                let session = try connect(to: [DaemonLocation(kind: .embedded, path: path)])
                return Session(
                    connection: session.connection,
                    hello: session.hello,
                    socket: path,
                    isStarted: true
                )
            } catch {
                if attempt == 2 || !error.isUnreachable { throw error }
            }
        }
        throw .unreachable(tried: [], remedy: "see \(state.logPath)")
    }

    /// `executord` beside `program`, else in the directories of `path`.
    static func findExecutable(beside program: String, path: String) throws(ClientError) -> String {
        let own = program.split(separator: "/").dropLast().map { "/" + $0 }.joined()
        for directory in [own] + path.split(separator: ":").map(String.init) where directory.hasPrefix("/") {
            let candidate = directory + "/executord"
            if access(candidate, X_OK) == 0 { return candidate }
        }
        throw .startFailed(
            cause: "no executord beside \(program) or in PATH",
            remedy: "install executord, or name a daemon with --socket"
        )
    }

    /// This program's file; see proc(5), /proc/pid/exe.
    private static func ownExecutable() -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes { bytes in
            bytes.bindMemory(to: CChar.self).baseAddress.map { readlink("/proc/self/exe", $0, bytes.count) } ?? -1
        }
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }

    private static func explain(_ error: SystemError) -> String {
        switch error.code {
        case ENOENT: "no socket there"
        case ECONNREFUSED: "a socket, but nobody listens"
        case EACCES: "not allowed; members of the socket's group may"
        default: errorText(error.code)
        }
    }
}
