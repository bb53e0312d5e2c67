import FoundationEssentials
import Glibc
import Reactor
import Testing
import Wire

/// Networks of trials and sessions: what a program inside reaches, what it does not, and what the record says of it.
///
/// Servers are on loopback addresses of their own, port 80, which an administrator's settings open.
@Suite(.serialized, .timeLimit(.minutes(5)), .enabled(if: geteuid() == 0, "needs root for port 80"))
struct NetworkTests {
    /// 127.77.0.1 is listed, 127.77.0.2 is not, whatever a task says.
    private static let settings = """
        [network]
        allowedHosts = ["127.77.0.1", "localhost", "*.example.org", "10.0.0.0/8"]
        """

    private func station(_ settings: String = Self.settings) async throws -> (Station, Scratch) {
        let scratch = try Scratch()
        try scratch.write("executord.toml", settings)
        return (try await Station.start(mode: ["--config", scratch.path + "/executord.toml"]), scratch)
    }

    /// A client in Python, because curl may not be there: prints the status of a request through the proxy, or why not.
    private static let client = """
        import os, socket, sys, urllib.request
        def through(url):
            try:
                with urllib.request.urlopen(url, timeout=10) as answer:
                    return f"{answer.status} {answer.read().decode()}"
            except urllib.error.HTTPError as error:
                return f"{error.code} {error.read().decode().strip()}"
            except Exception as error:
                return type(error).__name__
        def direct(family, kind, address):
            try:
                with socket.socket(family, kind) as it:
                    it.settimeout(3)
                    it.connect(address)
                    if kind == socket.SOCK_DGRAM:
                        it.send(b"x" * 12)
                        it.recv(1)
                    return "connected"
            except OSError as error:
                return os.strerror(error.errno) if error.errno else type(error).__name__
        """

    private func python(_ lines: String, to file: String = "") -> String {
        "python3 - \(file.isEmpty ? "" : "> \(file) ")<<'PYTHON'\n\(Self.client)\n\(lines)\nPYTHON"
    }

    @Test func aSessionReachesWhatIsListedAndNothingElse() async throws {
        let (station, _) = try await station()
        let server = try await WebServer.start(at: "127.77.0.1")
        let other = try await WebServer.start(at: "127.77.0.2")
        let client = try SessionClient(station)
        let session = try client.openSandbox {
            $0.network = .allowlist
            $0.allowedHosts = ["127.77.0.1", "localhost"]
        }
        #expect(session.info.limits.network == .allowlist)
        #expect(session.info.limits.allowedHosts == ["127.77.0.1", "localhost"])
        let listed = try session.shell(python("print(through('http://127.77.0.1/hello'))"))
        #expect(listed.out == "200 served /hello\n\n", "\(listed.out) \(listed.err)")
        let attempts = """
            for url in ['http://127.77.0.2/', 'http://127.77.0.1:81/', 'http://2135031809/', 'http://0x7f.77.1/',
                        'http://localhost/', 'http://169.254.169.254/latest/meta-data/', 'http://[::1]/',
                        'http://[::ffff:127.77.0.2]/', 'http://example.com/']:
                os.environ['NO_PROXY'] = os.environ['no_proxy'] = ''
                print(through(url)[:3])
            """
        #expect(try session.shell(python(attempts)).out == "403\n403\n400\n400\n403\n403\n403\n403\n403\n")
        // Without the proxy there is nothing: no route, no other socket, no name server.
        let around = """
            for address in ['127.77.0.1', '127.77.0.2']:
                print(direct(socket.AF_INET, socket.SOCK_STREAM, (address, 80)))
            for address in ['8.8.8.8', '169.254.169.254', '10.0.0.1']:
                print(direct(socket.AF_INET, socket.SOCK_STREAM, (address, 80)))
                print(direct(socket.AF_INET, socket.SOCK_DGRAM, (address, 53)))
            print(direct(socket.AF_INET6, socket.SOCK_STREAM, ('2606:4700::1', 443)))
            for kind in [socket.SOCK_RAW]:
                try: socket.socket(socket.AF_INET, kind, 255)
                except OSError as error: print(os.strerror(error.errno))
            try: socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
            except OSError as error: print('no packets')
            """
        let lines = try session.shell(python(around)).out.split(separator: "\n")
        #expect(lines.prefix(2) == ["Connection refused", "Connection refused"])
        #expect(lines.dropFirst(2).prefix(7).allSatisfy { $0 == "Network is unreachable" }, "\(lines)")
        #expect(lines.count == 11 && lines.last == "no packets", "\(lines)")
        #expect(try session.close().summary.phase == .finished)
        #expect(try await eventually { server.log.contains("/hello") })
        #expect(other.log.isEmpty)

        let detail = try await station.detail(session.info.trial)
        let network = try #require(detail.network)
        let seen = network.map { "\($0.host):\($0.port) \($0.decision.rawValue) \($0.reason ?? "-")" }
        #expect(seen.contains("127.77.0.1:80 allowed -") && seen.contains("127.77.0.2:80 refused notListed"), "\(seen)")
        #expect(seen.contains("127.77.0.1:81 refused port") && seen.contains("localhost:80 refused address"))
        #expect(seen.contains("169.254.169.254:80 refused notListed"))
        let shown = try await station.control(["show", session.info.trial]).output
        #expect(shown.contains("127.77.0.2:80  refused (notListed)"), "\(shown)")
    }

    @Test func theWallsAreTheSameForTheDaemonOfAnOrdinaryUser() async throws {
        let scratch = try Scratch()
        #expect(chmod(scratch.path, 0o755) == 0)
        let configuration = try scratch.write("executord.toml", Self.settings)
        // Nobody owns nothing, and has one id and no cgroup.
        let station = try await Station.start(mode: ["--config", configuration], user: 65534)
        let server = try await WebServer.start(at: "127.77.0.1")
        let session = try SessionClient(station).openSandbox {
            $0.network = .allowlist
            $0.allowedHosts = ["127.77.0.1"]
            $0.allowUnenforced = true
        }
        let attempts = """
            print(through('http://127.77.0.1/')[:3], through('http://127.77.0.2/')[:3])
            print(direct(socket.AF_INET, socket.SOCK_STREAM, ('127.77.0.1', 80)))
            print(direct(socket.AF_INET, socket.SOCK_DGRAM, ('8.8.8.8', 53)))
            """
        let told = try session.shell(python(attempts))
        #expect(told.out == "200 403\nConnection refused\nNetwork is unreachable\n", "\(told.out) \(told.err)")
        _ = try session.close()
        withExtendedLifetime((server, scratch)) {}
    }

    @Test func anotherSandboxCannotUseTheProxy() async throws {
        let (station, _) = try await station()
        let server = try await WebServer.start(at: "127.77.0.1")
        let client = try SessionClient(station)
        let open = try client.openSandbox {
            $0.network = .allowlist
            $0.allowedHosts = ["127.77.0.1"]
        }
        let narrow = try client.openSandbox {
            $0.network = .allowlist
            $0.allowedHosts = ["a.example.org"]
        }
        let closed = try client.openSandbox()
        let ask = python("print(through('http://127.77.0.1/x')[:3])")
        #expect(try open.shell(ask).out == "200\n")
        #expect(try narrow.shell(ask).out == "403\n")
        let bare = "print(direct(socket.AF_INET, socket.SOCK_STREAM, ('127.0.0.1', 3128)))"
        #expect(try closed.shell(python(bare)).out == "Connection refused\n")
        #expect(try closed.shell("env | grep -ci _proxy").out == "0\n")
        // What listens for the proxy is the daemon's own: nobody inside has it open.
        #expect(try open.shell("ls -l /proc/[0-9]*/fd 2>/dev/null | grep -c socket").out == "0\n")
        for session in [open, narrow, closed] { _ = try session.close() }
        withExtendedLifetime(server) {}
    }

    @Test func phasesHaveNetworksOfTheirOwnAndTheRecordSaysWhatWasAsked() async throws {
        let (station, scratch) = try await station()
        let server = try await WebServer.start(at: "127.77.0.1")
        let made = MadeTask(
            verifier: """
                #!/bin/sh
                \(python("print(through('http://127.77.0.1/verifier')[:3])", to: "/tmp/verifier"))
                grep -qx 403 /tmp/verifier && grep -qx 200 /app/answer && echo 1 > /logs/verifier/reward.txt \
                    || echo 0 > /logs/verifier/reward.txt
                """,
            solution: "#!/bin/sh\n" + python("print(through('http://127.77.0.1/agent')[:3])", to: "/app/answer") + "\n",
            network: "allowlist",
            extra: "allowed_hosts = [\"127.77.0.1\"]"
        )
        let path = try made.write(in: station.scratch)
        let file = path + "/task.toml"
        let text = try String(contentsOfFile: file, encoding: .utf8).replacing(
            "[verifier]\n",
            with: "[verifier]\nnetwork_mode = \"allowlist\"\nallowed_hosts = [\"10.9.9.9\"]\n"
        )
        try Data(text.utf8).write(to: URL(filePath: file))
        let (trial, status) = try await station.run(path)
        #expect(status == 0, "\(String(describing: trial.verdict))")
        let requests = try await station.events(of: trial.summary.trial).compactMap { event in
            if case .network(let request) = event.body { request } else { nil }
        }
        #expect(
            requests.map { "\($0.phase.rawValue) \($0.decision.rawValue)" } == ["agent allowed", "verifying refused"]
        )
        #expect(try await station.log(of: trial.summary.trial).contains { $0.contains("127.77.0.1") })
        #expect(trial.verdict?.evidence.listeningPorts == [])
        let out = scratch.path + "/out"
        _ = try await station.control(["export", trial.summary.trial, out])
        let found = try await Program.start("/usr/bin/find", [out, "-path", "*/agent/trajectory.json"]).end().output
        let exported = try #require(found.split(separator: "\n").first.map(String.init), "nothing in \(out)")
        let trajectory = try String(contentsOfFile: exported, encoding: .utf8)
        #expect(trajectory.contains("\"network\"") && trajectory.contains("127.77.0.1"))
        withExtendedLifetime(server) {}
    }

    @Test func whatIsBeyondTheAdministratorsListOrCeilingIsRefusedBeforeTheStart() async throws {
        let (station, _) = try await station()
        let client = try SessionClient(station)
        func refusal(_ kind: NetworkKind, _ hosts: [String]?) throws -> String {
            var request = SandboxRequest(name: "box")
            (request.network, request.allowedHosts) = (kind, hosts)
            return try client.refusal(SessionOpen.self, .init(sandbox: request))
        }
        #expect(try refusal(.allowlist, ["127.77.0.2"]) == "taskRefused hostsUnavailable")
        #expect(try refusal(.allowlist, ["example.com"]) == "taskRefused hostsUnavailable")
        #expect(try refusal(.open, nil) == "taskRefused networkUnavailable")
        #expect(try refusal(.allowlist, ["http://a.example.org"]) == "invalidParams")
        #expect(try refusal(.closed, ["a.example.org"]) == "invalidParams")
        let (closed, _) = try await self.station("[network]\nceiling = \"no-network\"\n")
        let made = try MadeTask(verifier: TrialTests.answer, network: "allowlist", extra: "allowed_hosts = [\"a.org\"]")
            .write(in: closed.scratch)
        let refused = try await closed.control(["run", made])
        let told = refused.output + refused.errors
        #expect(refused.status != 0 && told.contains("\"no-network\" at most"), "\(refused)")
        let (trial, status) = try await closed.run(made, ["--network", "no-network"])
        #expect(status == 0 && trial.configuration.network == .closed)
    }

    @Test func execReachesWhatIsAllowedOnTheCommandLine() async throws {
        let scratch = try Scratch()
        try scratch.write("executord.toml", Self.settings)
        let server = try await WebServer.start(at: "127.77.0.1")
        func exec(_ options: [String], _ lines: String) async throws -> Outcome {
            try await Program.start(
                Built.executorctl,
                ["exec"] + options + ["--", "sh", "-c", python(lines)],
                environment: [
                    "EXECUTORD_STATE": scratch.path + "/state", "EXECUTORD_CONFIG": scratch.path + "/executord.toml",
                ]
            ).end()
        }
        let allowed = try await exec(
            ["--allow-host", "127.77.0.1"],
            "print(through('http://127.77.0.1/')[:3], through('http://127.77.0.2/')[:3])"
        )
        #expect(allowed.output == "200 403\n", "\(allowed)")
        #expect(allowed.errors.contains("127.77.0.2:80  refused (notListed)"))
        let bare = try await exec([], "print(direct(socket.AF_INET, socket.SOCK_STREAM, ('127.0.0.1', 3128)))")
        #expect(bare.output == "Connection refused\n")
        let beyond = try await exec(["--allow-host", "127.77.0.2"], "print(1)")
        #expect(beyond.status == 125 && beyond.errors.contains("127.77.0.2"), "\(beyond)")
        let open = try await exec(["--network", "public"], "print(1)")
        #expect(open.status == 125 && open.errors.contains("network.ceiling"), "\(open)")
        withExtendedLifetime(server) {}
    }

    @Test func requestsBeyondTheFirstThousandAreCounted() async throws {
        let (station, _) = try await station()
        let client = try SessionClient(station)
        let session = try client.openSandbox {
            $0.network = .allowlist
            $0.allowedHosts = ["a.example.org"]
        }
        let lines = """
            import threading
            def many():
                for _ in range(38):
                    with socket.create_connection(('127.0.0.1', 3128)) as it:
                        it.sendall(b'CONNECT evil.example:443 HTTP/1.0\\r\\n\\r\\n')
                        while it.recv(4096): pass
            threads = [threading.Thread(target=many) for _ in range(30)]
            [it.start() for it in threads]
            [it.join() for it in threads]
            """
        #expect(try session.shell(python(lines)).err == "")
        _ = try session.close()
        let detail = try await station.detail(session.info.trial)
        #expect(detail.network?.map(\.requests) == [1000])
        let notes = try await station.log(of: session.info.trial)
        #expect(notes.contains { $0.contains("140 refused") }, "\(notes)")
    }
}
