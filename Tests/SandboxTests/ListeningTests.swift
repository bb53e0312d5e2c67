import Glibc
import Linux
import Reactor
import SandboxPlan
import Testing

@testable import Sandbox

/// A socket inside, served from outside.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct ListeningTests {
    private static let path: SandboxPath = "/run/executord/session.sock"

    private static func client(_ say: String) -> [String] {
        let script = """
            import socket, sys
            s = socket.socket(socket.AF_UNIX)
            s.connect("/run/executord/session.sock")
            s.sendall(b"\(say)")
            print(s.recv(100).decode())
            """
        return ["/usr/bin/python3", "-S", "-c", script]
    }

    @Test func everybodyInsideReachesTheDaemonAndNobodyElse() async throws {
        try await withSandbox { sandbox, fixture in
            let listener = try UnixListener.adopt(try await sandbox.listen(at: Self.path), reactor: sandbox.reactor)
            for uid in [0, 1000] as [UInt32] {
                var action = fixture.shell("")
                action.argv = Self.client("hello")
                action.user = .ids(uid: uid, gid: uid)
                action.profile = try .compiled(.standard)
                let client = try await sandbox.start(action)
                let connection = try #require(try await listener.accept())
                // Told apart from everybody on the host.
                #expect(connection.peer.user == fixture.identity.root + uid)
                #expect(try await connection.receive()?.bytes == Array("hello".utf8))
                try await connection.send(Array("welcome".utf8))
                #expect(await client.wait().text == "welcome\n")
            }
            let seen = try await sandbox.run(
                fixture.shell(
                    "stat -c '%a %u %F' /run/executord /run/executord/session.sock; grep executord /proc/self/mountinfo"
                )
            )
            #expect(seen.text == "755 0 directory\n666 0 socket\n")
            #expect(try await sandbox.inspect().processes == 0)
            listener.close()
        }
    }

    @Test func whatAnAgentPutInItsPlaceIsNotFollowed() async throws {
        try await withSandbox { sandbox, fixture in
            _ = try await sandbox.run(fixture.shell("mkdir /elsewhere; ln -s /elsewhere /run/executord"))
            await #expect(throws: SandboxError.self) { _ = try await sandbox.listen(at: Self.path) }
            #expect(try await sandbox.run(fixture.shell("ls -A /elsewhere")).text == "")
            let planted = "rm /run/executord; mkdir /run/executord; cd /run/executord; ln -s /elsewhere/x session.sock"
            _ = try await sandbox.run(fixture.shell(planted))
            await #expect(throws: SandboxError.self) { _ = try await sandbox.listen(at: Self.path) }
            #expect(try await sandbox.run(fixture.shell("ls -A /elsewhere")).text == "")
            // A socket of the agent's own, and then ours twice: the last one counts.
            let bind = "import socket; socket.socket(socket.AF_UNIX).bind(\"session.sock\")"
            _ = try await sandbox.run(fixture.shell("cd /run/executord; rm *; python3 -S -c '\(bind)'"))
            let first = try await sandbox.listen(at: Self.path)
            _ = consume first
            let listener = try UnixListener.adopt(try await sandbox.listen(at: Self.path), reactor: sandbox.reactor)
            var action = fixture.shell("")
            action.argv = Self.client("hello")
            let client = try await sandbox.start(action)
            let connection = try #require(try await listener.accept())
            connection.close()
            _ = await client.wait()
            listener.close()
        }
    }

    @Test func portsOnWhichSomebodyListensAreSeen() async throws {
        try await withSandbox { sandbox, fixture in
            #expect(try await sandbox.inspect().ports == [])
            // More than one part of the kernel's answer; a connection is no listener, and UDP does not listen.
            let script = """
                import socket, time
                def listen(family, address, port):
                    s = socket.socket(family)
                    s.bind((address, port))
                    s.listen()
                    return s
                held = [listen(socket.AF_INET, "127.0.0.1", port) for port in range(20000, 20600)]
                held.append(listen(socket.AF_INET6, "::1", 65535))
                held.append(socket.create_connection(("127.0.0.1", 20000), source_address=("127.0.0.1", 30000)))
                held.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                held[-1].bind(("127.0.0.1", 40000))
                print("up", flush=True)
                time.sleep(300)
                """
            var action = fixture.shell("")
            action.argv = ["/usr/bin/python3", "-S", "-c", script]
            let server = try await sandbox.start(action)
            for await _ in try #require(server.stdout).changes()
            where server.stdout?.slice(from: 0, limit: 9).total == 3 {
                break
            }
            #expect(try await sandbox.inspect().ports == Array(20000..<20600) + [65535])
            await server.end()
            #expect(try await sandbox.inspect().ports == [])
        }
    }
}
