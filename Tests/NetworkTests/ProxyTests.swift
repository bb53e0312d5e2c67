import Glibc
import Network
import Reactor
import Tasks
import Testing
import Wire

/// The proxy as programs in a sandbox meet it: what goes through, what does not, and what is written down.
@Suite(.timeLimit(.minutes(2)))
struct ProxyTests {
    private static let hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nKeep-Alive: timeout=9\r\n\r\nhello"

    /// Reaches an origin on loopback by name, as an administrator would have to allow it.
    private func fixture(
        _ origin: Origin,
        change: (inout FilteringProxy.Limits) -> Void = { _ in }
    ) throws -> ProxyFixture {
        try ProxyFixture(
            allows: ["good.test", "*.wild.test", "127.0.0.1"],
            administrator: ["good.test", "*.wild.test", "127.0.0.0/8"],
            ports: [origin.port],
            names: [
                "good.test": ["127.0.0.1"], "a.b.wild.test": ["127.0.0.1"], "wild.test": ["127.0.0.1"],
                "evil.test": ["127.0.0.1"],
            ],
            change: change
        )
    }

    @Test func forwardsOneRequestInOriginForm() async throws {
        let origin = try Origin { _ in Self.hello }
        let fixture = try fixture(origin)
        let answer = try await fixture.exchange(
            "GET http://Good.Test:\(origin.port)/a?b=c HTTP/1.1\r\nHost: good.test:\(origin.port)\r\n"
                + "Proxy-Authorization: Basic eDp5\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nX-End: 2\r\n\r\n"
        )
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.hasSuffix("\r\n\r\nhello"), "\(answer)")
        #expect(answer.contains("Connection: close\r\n") && !answer.contains("Keep-Alive"))
        let seen = try #require(origin.requests.first)
        #expect(seen.hasPrefix("GET /a?b=c HTTP/1.1\r\nHost: Good.Test:\(origin.port)\r\n"), "\(seen)")
        #expect(seen.contains("X-End: 2\r\n") && seen.hasSuffix("Connection: close\r\n\r\n"))
        for hidden in ["X-Hop", "Proxy-Authorization", "keep-alive"] { #expect(!seen.contains(hidden)) }
        let record = try #require(try await fixture.records(1).first)
        #expect(record.method == "GET" && record.host == "good.test" && record.port == Int(origin.port))
        #expect(record.decision == .allowed && record.status == 200 && record.reason == nil)
        #expect(record.address == "127.0.0.1" && record.sentBytes > 0 && record.receivedBytes > 5)
    }

    @Test func carriesContentOfTheLengthAnnouncedAndNoMore() async throws {
        let origin = try Origin { _ in Self.hello }
        let fixture = try fixture(origin)
        // What follows the content is another request, to a target that nobody checked.
        let answer = try await fixture.exchange(
            "POST http://good.test:\(origin.port)/ HTTP/1.1\r\nHost: good.test:\(origin.port)\r\nContent-Length: 4\r\n\r\n"
                + "bodyGET http://evil.test:\(origin.port)/ HTTP/1.1\r\nHost: evil.test:\(origin.port)\r\n\r\n"
        )
        #expect(answer.hasSuffix("hello"))
        #expect(origin.requests.count == 1)
        #expect(origin.requests.first?.hasSuffix("\r\n\r\nbody") == true, "\(origin.requests)")
        #expect(try await fixture.records(1).count == 1)
    }

    @Test func tunnelsBothWays() async throws {
        let origin = try Origin { "echo:" + $0 }
        let fixture = try fixture(origin)
        let socket = try await fixture.connect()
        _ = try await socket.send(Array("CONNECT a.b.wild.test:\(origin.port) HTTP/1.0\r\n\r\n".utf8))
        let first = try #require(try await socket.receive())
        #expect(String(decoding: first, as: UTF8.self).hasPrefix("HTTP/1.1 200 "))
        _ = try await socket.send(Array("raw bytes\r\n\r\n".utf8))
        socket.endSending()
        #expect(try await fixture.rest(of: socket) == "echo:raw bytes\r\n\r\n")
        let record = try #require(try await fixture.records(1).first)
        #expect(record.method == "CONNECT" && record.decision == .allowed && record.host == "a.b.wild.test")
        #expect(record.sentBytes == 13 && record.receivedBytes == 18)
    }

    @Test(
        "Targets that are not listed are refused, and their names never looked up",
        arguments: ["evil.test", "wild.test", "xgood.test", "good.test.evil.test", "127.0.0.2", "[::1]", "localhost"]
    )
    func unlisted(_ host: String) async throws {
        let origin = try Origin { _ in Self.hello }
        let fixture = try fixture(origin)
        let answer = try await fixture.exchange(
            "CONNECT \(host):\(origin.port) HTTP/1.1\r\nHost: \(host):\(origin.port)\r\n\r\n"
        )
        #expect(answer.hasPrefix("HTTP/1.1 403 "), "\(answer)")
        #expect(origin.requests.isEmpty && fixture.resolver.lookedUp.isEmpty)
        let record = try #require(try await fixture.records(1).first)
        #expect(record.decision == .refused && record.reason == "notListed" && record.host == host)
    }

    @Test(
        "Other spellings of addresses are none",
        arguments: [
            "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "127.0.0.1.", "[::ffff:127.0.0.1%lo]", "::1",
            "",
            "good.test@127.0.0.1", "good_test", "good.test\u{0}", "[127.0.0.1]", "exämple.test",
        ]
    )
    func spellings(_ host: String) async throws {
        let origin = try Origin { _ in Self.hello }
        let fixture = try fixture(origin)
        let answer = try await fixture.exchange("CONNECT \(host):\(origin.port) HTTP/1.0\r\n\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 400 "), "\(answer)")
        #expect(origin.requests.isEmpty)
        #expect(try await fixture.records(1).first?.reason == "malformed")
    }

    @Test func anAddressInIPv6ClothesIsTheAddress() async throws {
        let origin = try Origin { _ in Self.hello }
        let fixture = try fixture(origin)
        let target = "[::ffff:127.0.0.1]:\(origin.port)"
        let answer = try await fixture.exchange("GET http://\(target)/ HTTP/1.1\r\nHost: \(target)\r\n\r\n")
        #expect(answer.hasSuffix("hello"))
        let other = try await fixture.exchange("CONNECT [::ffff:127.0.0.2]:\(origin.port) HTTP/1.0\r\n\r\n")
        #expect(other.hasPrefix("HTTP/1.1 403 "))
    }

    @Test(
        "A listed name reaches nothing near that is not listed as an address",
        arguments: [
            "127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fe80::1", "fd00::1", "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "0.0.0.0", "224.0.0.1", "::", "100.64.0.1",
        ]
    )
    func rebinding(_ address: String) async throws {
        let fixture = try ProxyFixture(allows: ["good.test"], ports: [80], names: ["good.test": [address]])
        let answer = try await fixture.exchange("GET http://good.test/ HTTP/1.1\r\nHost: good.test\r\n\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 403 "), "\(answer)")
        #expect(try await fixture.records(1).first?.reason == "address")
    }

    @Test(
        "What two parsers could read differently is refused",
        arguments: [
            "GET http://good.test:PORT/ HTTP/1.1\r\nHost: evil.test\r\n\r\n",
            "GET http://good.test:PORT/ HTTP/1.1\r\nHost: good.test\r\n\r\n" + "x",
            "GET http://good.test:PORT/ HTTP/1.1\r\nHost: good.test:PORT\r\nHost: good.test:PORT\r\n\r\n",
            "GET http://good.test:PORT/ HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: good.test:PORT\r\n\r\n",
            "GET https://good.test:PORT/ HTTP/1.1\r\nHost: good.test:PORT\r\n\r\n",
            "GET http://good.test:PORT/ HTTP/1.1\r\nHost: good.test:PORT\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
            "GET http://good.test:PORT/ HTTP/1.1\r\nHost: good.test:PORT\r\nContent-Length: +3\r\n\r\nabc",
            "GET http://good.test:PORT/ HTTP/1.1\r\nHost: good.test:PORT\r\nContent-Length: 3, 3\r\n\r\nabc",
            "GET http://good.test:PORT/ HTTP/1.1\nHost: good.test:PORT\n\n\r\n\r\n",
            "GET http://good.test:PORT/ HTTP/1.1\r\nHost : good.test:PORT\r\n\r\n",
            "GET http://good.test:PORT/ HTTP/1.1\r\nHost: good.test:PORT\r\n folded: yes\r\n\r\n",
            "GET http://good.test:PORT/ HTTP/1.1\r\nHost: good.test:PORT\r\nX: a\rb\r\n\r\n",
            "GET http://good.test:PORT/ HTTP/1.1\r\nHost: good.test:PORT\r\nX: a\0b\r\n\r\n",
            "GET  http://good.test:PORT/ HTTP/1.1\r\nHost: good.test:PORT\r\n\r\n",
            "GET http://good.test:PORT/ HTTP/2.0\r\nHost: good.test:PORT\r\n\r\n",
            "GET http://user@good.test:PORT/ HTTP/1.1\r\nHost: good.test:PORT\r\n\r\n",
            "GET http://good.test:PORT/#x HTTP/1.1\r\nHost: good.test:PORT\r\n\r\n",
            "CONNECT good.test HTTP/1.1\r\nHost: good.test\r\n\r\n",
            "CONNECT good.test:0 HTTP/1.0\r\n\r\n", "CONNECT good.test:65536 HTTP/1.0\r\n\r\n",
            "CONNECT good.test:PORT HTTP/1.1\r\nHost: good.test:PORT\r\nContent-Length: 3\r\n\r\nabc",
            "CONNECT http://good.test:PORT/ HTTP/1.0\r\n\r\n",
            "POST http://good.test:PORT/ HTTP/1.1\r\nHost: good.test:PORT\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST http://good.test:PORT/ HTTP/1.1\r\nHost: good.test:PORT\r\nContent-Length: 5\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "\u{16}\u{3}\u{1}\0\u{5}hello\r\n\r\n",
        ]
    )
    func smuggling(_ template: String) async throws {
        let origin = try Origin { _ in Self.hello }
        let fixture = try fixture(origin)
        let answer = try await fixture.exchange(template.replacing("PORT", with: "\(origin.port)"))
        #expect(["400", "411", "505"].contains(answer.dropFirst(9).prefix(3)), "\(answer)")
        #expect(origin.requests.isEmpty)
        let record = try #require(try await fixture.records(1).first)
        #expect(record.decision == .refused && record.reason == "malformed")
    }

    @Test func otherPortsAreRefused() async throws {
        let origin = try Origin { _ in Self.hello }
        let fixture = try ProxyFixture(allows: ["127.0.0.1"], administrator: ["127.0.0.1"], ports: [80, 443])
        let answer = try await fixture.exchange("CONNECT 127.0.0.1:\(origin.port) HTTP/1.0\r\n\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 403 ") && answer.contains("port"))
        #expect(try await fixture.records(1).first?.reason == "port")
    }

    @Test func headsHaveAnEnd() async throws {
        let fixture = try ProxyFixture(allows: [], ports: [80])
        let long = "GET http://good.test/ HTTP/1.1\r\nX: " + String(repeating: "x", count: 40_000)
        #expect(try await fixture.exchange(long).hasPrefix("HTTP/1.1 431 "))
        let many = String(repeating: "X: y\r\n", count: 200)
        #expect(try await fixture.exchange("GET http://a.b/ HTTP/1.1\r\n\(many)\r\n").hasPrefix("HTTP/1.1 400 "))
        #expect(try await fixture.records(2).count == 2)
    }

    @Test func aSlowClientHoldsUpNobodyAndIsCutOff() async throws {
        let origin = try Origin { _ in Self.hello }
        let fixture = try fixture(origin) { limits in
            limits.head = .seconds(3)
            limits.connections = 2
        }
        let slow = try await fixture.connect()
        _ = try await slow.send(Array("GET http://good".utf8))
        let request = "GET http://good.test:\(origin.port)/ HTTP/1.0\r\n\r\n"
        #expect(try await fixture.exchange(request).hasSuffix("hello"))
        #expect(try await fixture.rest(of: slow).hasPrefix("HTTP/1.1 408 "))
        // Its place is free again; whoever asks when all are taken waits.
        for _ in 0..<5 { #expect(try await fixture.exchange(request).hasSuffix("hello")) }
    }

    @Test func idleTunnelsAreCutOff() async throws {
        let (silent, port) = try listen()
        let fixture = try ProxyFixture(
            allows: ["127.0.0.1"],
            administrator: ["127.0.0.1"],
            ports: [port],
            change: { $0.idle = .seconds(3) }
        )
        let answer = try await fixture.exchange("CONNECT 127.0.0.1:\(port) HTTP/1.0\r\n\r\n")
        #expect(answer == "HTTP/1.1 200 Connection established\r\n\r\n")
        #expect(try await fixture.records(1).first?.reason == "timeout")
        withExtendedLifetime(silent) {}
    }

    @Test func theEndCutsTunnelsAndRecordsThem() async throws {
        let (silent, port) = try listen()
        let fixture = try ProxyFixture(allows: ["127.0.0.1"], administrator: ["127.0.0.1"], ports: [port])
        let socket = try await fixture.connect()
        _ = try await socket.send(Array("CONNECT 127.0.0.1:\(port) HTTP/1.0\r\n\r\n".utf8))
        #expect(try await socket.receive() != nil)
        await fixture.proxy.end()
        #expect(fixture.recorded.count == 1 && fixture.recorded.first?.decision == .allowed)
        #expect(try await fixture.rest(of: socket).isEmpty)
        await #expect(throws: (any Error).self) { try await fixture.connect() }
        withExtendedLifetime(silent) {}
    }

    @Test func aPhaseThatFollowsHasRulesOfItsOwn() async throws {
        let origin = try Origin { _ in Self.hello }
        let fixture = try fixture(origin)
        let socket = try await fixture.connect()
        _ = try await socket.send(Array("CONNECT good.test:\(origin.port) HTTP/1.0\r\n\r\n".utf8))
        #expect(try await socket.receive() != nil)
        fixture.proxy.change(to: ProxyFixture.rules([], nil), phase: .verifying)
        #expect(try await fixture.rest(of: socket).isEmpty)
        let answer = try await fixture.exchange("CONNECT good.test:\(origin.port) HTTP/1.0\r\n\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 403 "))
        #expect(try await fixture.records(2).map(\.phase) == [.agent, .verifying])
    }

    @Test func targetsThatCannotBeReachedSaySo() async throws {
        let (closed, port) = try listen()
        _ = closed.take()
        let fixture = try ProxyFixture(
            allows: ["127.0.0.1", "nowhere.test"],
            administrator: ["127.0.0.1", "nowhere.test"],
            ports: [port]
        )
        #expect(try await fixture.exchange("CONNECT 127.0.0.1:\(port) HTTP/1.0\r\n\r\n").hasPrefix("HTTP/1.1 502 "))
        #expect(try await fixture.exchange("CONNECT nowhere.test:\(port) HTTP/1.0\r\n\r\n").hasPrefix("HTTP/1.1 502 "))
        let records = try await fixture.records(2)
        #expect(records.map(\.reason) == ["unreachable", "unresolved"])
        #expect(records.allSatisfy { $0.decision == .failed })
    }

    @Test func answersThatAreNotHTTPAndUpgradesAreNotPassedOn() async throws {
        for reply in ["SSH-2.0-x\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nother"] {
            let origin = try Origin { _ in reply }
            let fixture = try fixture(origin)
            let answer = try await fixture.exchange(
                "GET http://good.test:\(origin.port)/ HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"
            )
            #expect(answer.hasPrefix("HTTP/1.1 502 "), "\(answer)")
            #expect(origin.requests.first?.contains("Upgrade") == false)
        }
    }
}
