import Testing

/// A network namespace that stands for the Internet: a host in it says `far` on port 7007, and so does this host.
struct Internet {
    let own: String
    let remote: String
    let privateRemote: String
    private let name: String
    private var servers: [Program] = []

    /// Lends one to a test.
    static func during(_ body: (Internet) async throws -> Void) async throws {
        var internet = Internet()
        do {
            try await internet.make()
            try await body(internet)
        } catch {
            await internet.remove()
            throw error
        }
        await internet.remove()
    }

    private init() {
        name = "executord\(UInt16.random(in: 0 ... .max))"
        let (third, fourth) = (Int.random(in: 0...255), Int.random(in: 0...63) * 4)
        own = "25.255.\(third).\(fourth + 1)"
        remote = "25.255.\(third).\(fourth + 2)"
        privateRemote = "10.231.\(third).\(fourth + 2)"
    }

    private mutating func make() async throws {
        let commands = """
            set -e
            ip netns add \(name)
            ip link add \(name) type veth peer name far netns \(name)
            ip addr add \(own)/30 dev \(name)
            ip link set \(name) up
            ip route add \(privateRemote)/32 dev \(name)
            ip -n \(name) addr add \(remote)/30 dev far
            ip -n \(name) addr add \(privateRemote)/30 dev far
            ip -n \(name) link set far up
            ip -n \(name) link set lo up
            """
        let made = try await Program.start("/bin/sh", ["-c", commands], environment: Self.path).end()
        try #require(made.status == 0, "\(made.errors)")
        let script = """
            import socket, threading
            tcp = socket.create_server(('', 7007))
            udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            udp.bind(('', 7007))
            def answer():
                while True:
                    _, peer = udp.recvfrom(10)
                    udp.sendto(b'far', peer)
            threading.Thread(target=answer, daemon=True).start()
            print('ready', flush=True)
            while True:
                it, _ = tcp.accept()
                it.sendall(b'far')
                it.close()
            """
        let far = try await Program.start(
            "/bin/sh",
            ["-c", "exec ip netns exec \(name) /usr/bin/python3 -c \"$SCRIPT\""],
            environment: Self.path.merging(["SCRIPT": script]) { $1 }
        )
        let here = try await Program.start("/usr/bin/python3", ["-c", script])
        servers = [far, here]
        let isReady = try await eventually { [far, here].allSatisfy { $0.output.contains("ready") } }
        try #require(isReady, "\(far.errors) \(here.errors)")
        // This host reaches what sandboxes must not.
        let probe = "import socket; [socket.create_connection((it, 7007), 10) for it in ('\(privateRemote)', '\(own)')]"
        let reached = try await Program.start("/usr/bin/python3", ["-c", probe]).end()
        try #require(reached.status == 0, "\(reached.errors)")
    }

    private static let path = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]

    private func remove() async {
        for server in servers {
            server.kill()
            _ = try? await server.end()
        }
        _ = try? await Program.start(
            "/bin/sh",
            ["-c", "ip link del \(name); ip netns del \(name)"],
            environment: Self.path
        ).end()
    }
}
