import CLinux
import Glibc
package import Linux
import Synchronization

/// A listening Unix stream socket.
package final class UnixListener: Sendable {
    private struct State: ~Copyable {
        /// Nil once closed.
        var socket: OwnedDescriptor?
        /// What `bind` made and `close` removes; nil for a socket that was handed over.
        var file: SocketFile?
    }

    private let reactor: Reactor
    private let backlogLimit: Int
    private let state: Mutex<State>

    private init(_ socket: consuming OwnedDescriptor, _ file: consuming SocketFile?, _ reactor: Reactor, _ limit: Int) {
        self.reactor = reactor
        backlogLimit = limit
        state = Mutex(State(socket: socket, file: file))
    }

    deinit { close() }

    /// Listens at a path, in place of a socket that nobody serves any more; one that is served is refused.
    ///
    /// A lock file beside the path (`.lock`) keeps two starting processes from taking each other's socket away.
    package static func bind(
        path: String,
        mode: UInt32 = 0o600,
        reactor: Reactor,
        backlogLimit: Int = 8 << 20
    ) throws(ListenError) -> UnixListener {
        let address: UnixAddress
        do { address = try UnixAddress(path: path) } catch { throw .address(error) }
        let lock = try SocketFile.lock(path)
        try SocketFile.removeStale(path, address)
        do {
            let socket = try OwnedDescriptor.unixSocket(SOCK_STREAM)
            let raw = socket.raw
            try syscall("bind") { address.withPointer { Glibc.bind(raw, $0, $1) } }
            let file = SocketFile(path: path, lock: lock)
            // Nobody can connect before listen(2), so the mode holds from the first connection on.
            try syscall("chmod") { chmod(path, mode) }
            try syscall("listen") { listen(raw, SOMAXCONN) }
            try syscall("fcntl(O_NONBLOCK)") { clinux_set_nonblocking(raw) }
            return UnixListener(socket, file, reactor, backlogLimit)
        } catch {
            throw .system(error, path: path)
        }
    }

    /// Takes over a socket that listens already, as from socket activation; see sd_listen_fds(3).
    package static func adopt(
        _ socket: consuming OwnedDescriptor,
        reactor: Reactor,
        backlogLimit: Int = 8 << 20
    ) throws(ListenError) -> UnixListener {
        let raw = socket.raw
        guard
            socketOption(raw, SO_ACCEPTCONN) == 1, socketOption(raw, SO_DOMAIN) == AF_UNIX,
            socketOption(raw, SO_TYPE) == CInt(SOCK_STREAM.rawValue),
            clinux_set_cloexec(raw) == 0, clinux_set_nonblocking(raw) == 0
        else { throw .notListening(descriptor: raw) }
        return UnixListener(socket, nil, reactor, backlogLimit)
    }

    /// The next connection; nil when the task is cancelled or the listener closed.
    ///
    /// A shortage of descriptors or memory only delays it: the kernel keeps the peers waiting.
    package func accept() async throws(SystemError) -> UnixConnection? {
        while !Task.isCancelled {
            do {
                switch try attempt() {
                case .accepted(let connection): return connection
                case .wait(let readable): for await _ in readable { break }
                case .closed: return nil
                }
            } catch {
                switch error.code {
                case ECONNABORTED: continue
                case EMFILE, ENFILE, ENOBUFS, ENOMEM: try? await Task.sleep(for: .milliseconds(50))
                default: throw error
                }
            }
        }
        return nil
    }

    private enum Attempt {
        case accepted(UnixConnection), wait(AsyncStream<Void>), closed
    }

    private func attempt() throws(SystemError) -> Attempt {
        try state.withLock { state throws(SystemError) in
            guard let socket = state.socket?.raw else { return .closed }
            do throws(SystemError) {
                let raw = try syscall("accept4") { clinux_accept(socket) }
                let accepted = OwnedDescriptor(adopting: raw)
                return .accepted(
                    try UnixConnection(adopting: accepted, reactor: reactor, backlogLimit: backlogLimit)
                )
            } catch  where error.code == EAGAIN {
                return .wait(reactor.readiness(of: socket))
            }
        }
    }

    /// Ends the waits and removes what `bind` made.
    package func close() {
        let socket = state.withLock { $0.socket.take() }
        if let socket { reactor.forget(socket.raw) }
        _ = state.withLock { $0.file.take() }
    }
}

private func socketOption(_ socket: CInt, _ option: CInt) -> CInt? {
    var value: CInt = 0
    var length = socklen_t(MemoryLayout<CInt>.size)
    return getsockopt(socket, SOL_SOCKET, option, &value, &length) == 0 ? value : nil
}
