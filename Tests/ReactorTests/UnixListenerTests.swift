import CLinux
import Glibc
import Linux
import Reactor
import Testing

@Suite(.serialized, .timeLimit(.minutes(1))) struct UnixListenerTests {
    private let scratch: ScratchDirectory
    private let path: String
    private let reactor: Reactor

    init() throws {
        scratch = try ScratchDirectory()
        path = scratch.path + "/socket"
        reactor = try sharedReactor.get()
    }

    @Test func theKernelNamesThePeer() async throws {
        let listener = try UnixListener.bind(path: path, reactor: reactor)
        var status = stat()
        try syscall("stat") { stat(path, &status) }
        #expect(status.st_mode & 0o777 == 0o600)
        let client = try connectTo(path)
        let connection = try #require(try await listener.accept())
        #expect(connection.peer.user == geteuid() && connection.peer.process == getpid())
        var groups = [gid_t](repeating: 0, count: 1024)
        let count = getgroups(1024, &groups)
        #expect(Set(connection.peer.supplementaryGroups) == Set(groups.prefix(Int(count))))
        client.close()
        listener.close()
        #expect(stat(path, &status) != 0, "closing removes the socket")
    }

    @Test func aStaleSocketIsReplaced() throws {
        let abandoned = try OwnedDescriptor.unixSocket(SOCK_STREAM)
        let raw = abandoned.raw
        let address = try UnixAddress(path: path)
        try syscall("bind") { address.withPointer { bind(raw, $0, $1) } }
        _ = consume abandoned
        let listener = try UnixListener.bind(path: path, reactor: reactor)
        listener.close()
    }

    @Test func aLiveSocketIsRefused() async throws {
        let ours = try UnixListener.bind(path: path, reactor: reactor)
        #expect(throws: ListenError.inUse(path: path)) { try UnixListener.bind(path: path, reactor: reactor) }
        // Also when whoever serves it knows nothing of our lock file.
        unlink(path + ".lock")
        #expect(throws: ListenError.inUse(path: path)) { try UnixListener.bind(path: path, reactor: reactor) }
        let client = try connectTo(path)
        #expect(try await ours.accept() != nil, "the refused one took nothing away")
        client.close()
        ours.close()
    }

    @Test func otherFilesAndImpossiblePathsAreRefused() throws {
        let file = OwnedDescriptor(adopting: try syscall("open") { open(path, O_CREAT | O_WRONLY, 0o600) })
        #expect(throws: ListenError.notASocket(path: path)) { try UnixListener.bind(path: path, reactor: reactor) }
        #expect(access(path, F_OK) == 0)
        let long = "/tmp/" + String(repeating: "x", count: 103)
        #expect(throws: ListenError.address(.tooLong(long, limit: 107))) {
            try UnixListener.bind(path: long, reactor: reactor)
        }
        let raw = file.release()
        #expect(throws: ListenError.notListening(descriptor: raw)) {
            try UnixListener.adopt(OwnedDescriptor(adopting: raw), reactor: reactor)
        }
    }

    @Test func aListeningDescriptorIsAdopted() async throws {
        let socket = try OwnedDescriptor.unixSocket(SOCK_STREAM)
        let raw = socket.raw
        let address = try UnixAddress(path: path)
        try syscall("bind") { address.withPointer { bind(raw, $0, $1) } }
        try syscall("listen") { listen(raw, 8) }
        let listener = try UnixListener.adopt(socket, reactor: reactor)
        async let accepted = listener.accept()
        let client = try connectTo(path)
        #expect(try await accepted != nil)
        client.close()
        listener.close()
        #expect(access(path, F_OK) == 0, "the socket is the service manager's")
    }

    @Test func closingAndCancellingEndTheWait() async throws {
        let listener = try UnixListener.bind(path: path, reactor: reactor)
        let cancelled = Task { try await listener.accept() }
        cancelled.cancel()
        #expect(try await cancelled.value == nil)
        async let closed = listener.accept()
        await Task.yield()
        listener.close()
        #expect(try await closed == nil)
    }
}
