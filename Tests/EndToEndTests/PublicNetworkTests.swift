import FoundationEssentials
import Glibc
import Reactor
import Testing
import Wire

/// The public network: the Internet, here a network namespace with addresses of it, and nothing nearer.
@Suite(
    .serialized,
    .timeLimit(.minutes(5)),
    .enabled(if: geteuid() == 0 && access("/usr/bin/pasta", X_OK) == 0, "needs root and pasta")
)
struct PublicNetworkTests {
    private static let settings = "[network]\nceiling = \"public\"\n"

    private func station(user: uid_t? = nil, covered: [String: String] = [:]) async throws -> Station {
        // As udev makes it; a bare machine may have it for root alone.
        #expect(chmod("/dev/net/tun", 0o666) == 0)
        let scratch = try Scratch()
        #expect(chmod(scratch.path, 0o755) == 0)
        try scratch.write("executord.toml", Self.settings)
        return try await Station.start(
            mode: ["--config", scratch.path + "/executord.toml"],
            user: user,
            covered: covered
        )
    }

    /// Whether connections are made, and what is said over them.
    private static let client = """
        import socket
        def tcp(host, port):
            try:
                with socket.create_connection((host, port), timeout=15 if host.startswith('25.') else 2) as it:
                    return it.recv(100).decode()
            except OSError as error:
                return 'no'
        def udp(host, port):
            try:
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as it:
                    it.settimeout(15 if host.startswith('25.') else 2)
                    it.connect((host, port))
                    it.send(b'x')
                    return it.recv(100).decode()
            except OSError as error:
                return 'no'
        """

    private func python(_ lines: String) -> String {
        "python3 - <<'PYTHON'\n\(Self.client)\n\(lines)\nPYTHON"
    }

    @Test func reachesTheInternetAndNothingNearer() async throws {
        try await Internet.during { internet in
            let station = try await station()
            let client = try SessionClient(station)
            let session = try client.openSandbox { $0.network = .open }
            #expect(session.info.limits.network == .open)
            let out = try session.shell(
                python("print(tcp('\(internet.remote)', 7007), udp('\(internet.remote)', 7007))")
            )
            #expect(out.out == "far far\n", "\(out.out) \(out.err)")
            // This host by an address of the Internet, a private network, loopback by its address and by the gateway's.
            let near = [internet.own, internet.privateRemote, "127.0.0.1", "198.18.0.1", "0.0.0.0", "169.254.169.254"]
            let asked = near.map { "print(tcp('\($0)', 7007), udp('\($0)', 7007))" }.joined(separator: "\n")
            let told = try session.shell(python(asked))
            #expect(told.out.split(separator: "\n") == near.map { _ in "no no" }, "\(told.out) \(told.err)")
            let words = try session.shell("cat /etc/resolv.conf; cat /proc/net/route | wc -l")
            #expect(words.out.contains("nameserver 198.18.0.1"))
            // Nobody inside can open a route, or the interface itself.
            let routes = "ip route del unreachable 10.0.0.0/8; ip route add 10.0.0.0/8 via 198.18.0.1; ls /dev/net/tun"
            #expect(try session.shell(routes).exit != .exited(code: 0))
            #expect(try session.shell(python("print(tcp('\(internet.privateRemote)', 7007))")).out == "no\n")
            // Nothing comes in, from this host or from another.
            let listening = try session.start(
                "python3 -c 'import socket; s=socket.create_server((\"\", 7010)); s.accept(); print(1, flush=True)'"
            )
            let isListening = try await eventually {
                try session.shell("grep -c :1B62 /proc/net/tcp").out != "0\n"
            }
            #expect(isListening)
            for address in ["127.0.0.1", "198.18.0.2", internet.own] {
                _ = try await Program.start(
                    "/usr/bin/python3",
                    ["-c", "import socket; socket.create_connection(('\(address)', 7010), timeout=1)"]
                ).end()
            }
            let accepted = try client.call(
                ActionOutput.self,
                .init(session: session.token, action: listening, offset: 0)
            )
            #expect(accepted.content.bytes.isEmpty && accepted.exit == nil)
            try session.kill(listening)
            let pasta = try Self.pastas(of: station)
            #expect(pasta.count == 1)
            _ = try session.close()
            #expect(try Self.pastas(of: station).isEmpty)
        }
    }

    @Test func anOrdinaryUsersDaemonGivesTheSame() async throws {
        try await Internet.during { internet in
            // Nobody owns nothing, and has one id and no cgroup.
            let station = try await station(user: 65534)
            let session = try SessionClient(station).openSandbox {
                $0.network = .open
                $0.allowUnenforced = true
            }
            let asked = [internet.remote, internet.own, internet.privateRemote, "127.0.0.1", "198.18.0.1"]
                .map { "print(tcp('\($0)', 7007), udp('\($0)', 7007))" }.joined(separator: "\n")
            let told = try session.shell(python(asked))
            #expect(told.out == "far far\nno no\nno no\nno no\nno no\n", "\(told.out) \(told.err)")
            _ = try session.close()
        }
    }

    @Test func withoutATunnelItIsRefusedWithARemedy() async throws {
        #expect(chmod("/dev/net/tun", 0o600) == 0)
        defer { chmod("/dev/net/tun", 0o666) }
        let scratch = try Scratch()
        try scratch.write("executord.toml", Self.settings)
        let station = try await Station.start(mode: ["--config", scratch.path + "/executord.toml"])
        let made = try MadeTask(verifier: TrialTests.answer, network: "public").write(in: station.scratch)
        let checked = try await station.control(["task", "check", made, "--no-gate"])
        #expect(checked.status != 0 && checked.output.contains("chmod 0666 /dev/net/tun"), "\(checked)")
        let narrowed = try await station.control(["task", "check", made, "--no-gate", "--network", "allowlist"])
        #expect(narrowed.status != 0 && narrowed.output.contains("network.allowedHosts"), "\(narrowed)")
        #expect(try await station.run(made, ["--network", "no-network"]).status == 0)
    }

    /// As where it cannot make its interface: pasta runs, and waits for ever.
    @Test func aPastaThatMakesNoRouteIsGivenUp() async throws {
        let scratch = try Scratch()
        try scratch.write("pasta", "#!/bin/sh\nexec sleep 1000\n")
        #expect(chmod(scratch.path + "/pasta", 0o755) == 0 && chmod(scratch.path, 0o755) == 0)
        let station = try await station(covered: ["/usr/bin/pasta": scratch.path + "/pasta"])
        let client = try SessionClient(station)
        do {
            _ = try client.openSandbox { $0.network = .open }
            Issue.record("it was opened without a route")
        } catch {
            #expect("\(error)".contains("pasta made no route within 10.0 seconds"), "\(error)")
        }
        // Nothing of it is left, and the daemon serves on.
        #expect(try await eventually { try Self.pastas(of: station, named: "sleep").isEmpty })
        #expect(try client.openSandbox { $0.network = .closed }.shell("echo on").out == "on\n")
    }

    @Test func endsWithTheDaemon() async throws {
        let station = try await station()
        let client = try SessionClient(station)
        _ = try client.openSandbox { $0.network = .open }
        let pasta = try #require(try Self.pastas(of: station).first)
        try await station.kill()
        #expect(try await eventually { Glibc.kill(pasta, 0) != 0 })
    }

    @Test func onePhaseHasItAndTheOtherNot() async throws {
        try await Internet.during { internet in
            let station = try await station()
            let ask = python("print(tcp('\(internet.remote)', 7007))")
            let made = MadeTask(
                verifier: """
                    #!/bin/sh
                    cd /tmp
                    \(ask.replacing("python3 -", with: "python3 - > /tmp/told"))
                    if grep -qx no /tmp/told && grep -qx far /app/answer; then echo 1; else echo 0; fi > /logs/verifier/reward.txt
                    """,
                solution: "#!/bin/sh\n" + ask.replacing("python3 -", with: "python3 - > /app/answer") + "\n",
                network: "public"
            )
            let path = try made.write(in: station.scratch)
            let text = try String(contentsOfFile: path + "/task.toml", encoding: .utf8).replacing(
                "[verifier]\n",
                with: "[verifier]\nnetwork_mode = \"no-network\"\n"
            )
            try Data(text.utf8).write(to: URL(filePath: path + "/task.toml"))
            let (trial, status) = try await station.run(path)
            #expect(status == 0, "\(String(describing: trial.verdict)) \(String(describing: trial.exception))")
            let changed = trial.verdict?.evidence.changedOutside.map(\.path) ?? []
            #expect(!changed.contains("/etc/resolv.conf"), "\(changed)")
        }
    }

    /// Process ids of pasta, a name of passt, below a daemon's launcher.
    private static func pastas(of station: Station, named name: String = "passt") throws -> [pid_t] {
        let names = try FileManager.default.contentsOfDirectory(atPath: "/proc")
        let all = names.compactMap { pid_t($0) }.compactMap { pid -> (pid: pid_t, parent: pid_t, name: String)? in
            guard let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8) else { return nil }
            func field(_ key: String) -> String? {
                status.split(separator: "\n").first { $0.hasPrefix(key + ":\t") }.map {
                    String($0.dropFirst(key.count + 2))
                }
            }
            guard let name = field("Name"), let parent = field("PPid").flatMap({ pid_t($0) }) else { return nil }
            return (pid, parent, name)
        }
        let launchers = Set(all.filter { $0.parent == station.processID }.map(\.pid))
        return all.filter { $0.name.hasPrefix(name) && launchers.contains($0.parent) }.map(\.pid)
    }
}
