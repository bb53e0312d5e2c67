import Glibc
import Linux
import Testing

/// The daemon under a service manager, whose part the test plays.
struct ServiceTests {
    @Test func servesTheSocketItIsHandedAndSaysWhenItIsReadyAndWhenItStops() async throws {
        let scratch = try Scratch()
        let state = try scratch.makeDirectory("state")
        let path = scratch.path + "/activated"
        let listening = try bound(SOCK_STREAM, path)
        try #require(listen(listening.raw, 8) == 0)
        let notices = try bound(SOCK_DGRAM, scratch.path + "/notify")
        let daemon = try await Program.start(
            "/bin/sh",
            ["-c", "LISTEN_PID=$$ LISTEN_FDS=1 exec \"$0\" --state \"$1\"", Built.executord, state],
            environment: ["NOTIFY_SOCKET": scratch.path + "/notify"],
            descriptors: [(listening.raw, 3)]
        )
        // The client comes before the daemon serves, and waits.
        let client = try await Program.start(
            Built.executorctl,
            ["daemon", "status"],
            environment: ["EXECUTORD_SOCKET": path]
        )
        let status = try await client.end()
        #expect(status.status == 0, "\(status.errors) \(daemon.errors)")
        #expect(received(notices).contains("READY=1"))
        #expect(access(state + "/executord.sock", F_OK) != 0)

        daemon.kill(SIGTERM)
        #expect(try await daemon.end().status == 0)
        #expect(received(notices).contains("STOPPING=1"))
        // The socket is the manager's.
        #expect(access(path, F_OK) == 0)
    }

    private func bound(_ type: __socket_type, _ path: String) throws -> OwnedDescriptor {
        let address = try UnixAddress(path: path)
        let socket = try OwnedDescriptor.unixSocket(type)
        let raw = socket.raw
        try #require(address.withPointer { bind(raw, $0, $1) } == 0)
        return socket
    }

    /// The assignments of all datagrams that have come.
    private func received(_ socket: borrowing OwnedDescriptor) -> [String] {
        var lines: [String] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = recv(socket.raw, &buffer, buffer.count, CInt(MSG_DONTWAIT)), count > 0 {
            lines += String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n").map(String.init)
        }
        return lines
    }
}
