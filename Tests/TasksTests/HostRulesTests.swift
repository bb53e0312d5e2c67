import Tasks
import Testing

/// Who may reach what, before anything is connected.
struct HostRulesTests {
    private func rules(_ hosts: [String], _ administrator: [String]? = nil) -> HostRules {
        HostRules(
            task: HostList(hosts.compactMap(AllowedHost.init)),
            administrator: administrator.map { HostList($0.compactMap(AllowedHost.init)) },
            ports: [80, 443]
        )
    }

    private func isListed(_ host: String, _ rules: HostRules) throws -> Bool {
        let requested = try #require(RequestedHost(host))
        do {
            try rules.check(requested, port: 443)
            return true
        } catch {
            #expect(error == .notListed)
            return false
        }
    }

    @Test func namesAndSuffixes() throws {
        let rules = rules(["Example.ORG.", "*.wild.org"])
        for host in ["example.org", "EXAMPLE.org.", "a.wild.org", "a.b.wild.org"] { #expect(try isListed(host, rules)) }
        for host in ["a.example.org", "wild.org", "xwild.org", "example.org.evil", "1.2.3.4"] {
            #expect(try !isListed(host, rules), "\(host)")
        }
    }

    @Test(
        "How far addresses reach",
        arguments: [
            ("8.8.8.8", AddressReach.everywhere), ("2606:4700::1", .everywhere), ("64:ff9b::808:808", .everywhere),
            ("10.0.0.1", .privateUse), ("172.31.255.255", .privateUse), ("192.168.0.1", .privateUse),
            ("100.64.0.1", .privateUse), ("fd12::1", .privateUse), ("64:ff9b::a00:1", .privateUse),
            ("64:ff9b:1::1", .privateUse), ("::ffff:192.168.1.1", .privateUse),
            ("127.0.0.1", .special), ("0.0.0.0", .special), ("169.254.169.254", .special), ("224.0.0.251", .special),
            ("255.255.255.255", .special), ("198.18.0.1", .special), ("::1", .special), ("::", .special),
            ("fe80::1", .special), ("fec0::1", .special), ("ff02::1", .special), ("2002:7f00:1::", .special),
            ("2001::1", .special), ("::ffff:127.0.0.1", .special), ("::7f00:1", .special),
            ("64:ff9b::7f00:1", .special),
            ("4000::1", .special), ("172.32.0.1", .everywhere), ("172.15.0.1", .everywhere),
        ]
    )
    func reach(_ text: String, _ reach: AddressReach) throws {
        #expect(AddressReach(try #require(IPAddress(text))) == reach)
    }

    @Test func aRangeOfEverythingIsTheInternetAlone() throws {
        let all = rules(["0.0.0.0/0", "::/0"])
        for host in ["8.8.8.8", "[2606:4700::1]"] { #expect(try isListed(host, all)) }
        for host in ["10.0.0.1", "127.0.0.1", "169.254.169.254", "[::1]", "[fd00::1]", "[::ffff:127.0.0.1]"] {
            #expect(try !isListed(host, all), "\(host)")
        }
        #expect(all.beyond.isEmpty)
    }

    @Test func privateNetworksAreListedByTheTaskThisHostByTheAdministratorToo() throws {
        let own = rules(["10.0.0.0/8", "fd00::/8", "127.0.0.1", "169.254.169.254"])
        for host in ["10.1.2.3", "[fd00::7]"] { #expect(try isListed(host, own)) }
        for host in ["127.0.0.1", "169.254.169.254", "192.168.0.1"] { #expect(try !isListed(host, own)) }
        #expect(own.beyond.map(\.text) == ["127.0.0.1", "169.254.169.254"])
        let granted = rules(["127.0.0.1"], ["127.0.0.0/8"])
        #expect(try isListed("127.0.0.1", granted) && granted.beyond.isEmpty)
        #expect(try !isListed("127.0.0.2", granted))
        // Everything is the Internet for an administrator as well.
        let wide = rules(["127.0.0.1", "8.8.8.8"], ["0.0.0.0/0"])
        #expect(wide.beyond.map(\.text) == ["127.0.0.1"])
        #expect(try !isListed("127.0.0.1", wide) && isListed("8.8.8.8", wide))
    }

    @Test func theAdministratorsListBounds() throws {
        let rules = rules(
            ["a.org", "b.a.org", "*.c.org", "*.org", "10.1.0.0/16", "10.0.0.0/8"],
            ["*.a.org", "*.c.org", "10.1.0.0/16"]
        )
        #expect(rules.beyond.map(\.text) == ["a.org", "*.org", "10.0.0.0/8"])
        #expect(try isListed("b.a.org", rules) && isListed("x.c.org", rules) && isListed("10.1.9.9", rules))
        #expect(try !isListed("a.org", rules) && !isListed("10.2.0.1", rules))
    }

    @Test func namesResolveToTheInternetOrToWhatIsListed() throws {
        let rules = rules(["a.org", "10.0.0.0/8"])
        let host = try #require(RequestedHost("a.org"))
        let all = ["10.0.0.1", "127.0.0.1", "8.8.8.8", "192.168.0.1", "fd00::1"].compactMap { IPAddress($0) }
        #expect(try rules.reachable(all, of: host).map(\.description) == ["10.0.0.1", "8.8.8.8"])
        #expect(throws: TargetRefusal.address) {
            try rules.reachable([IPAddress("127.0.0.1")].compactMap { $0 }, of: host)
        }
    }

    @Test(
        "What no list may have in it",
        arguments: [
            "https://a.org", "a.org:443", "a.org/x", "*", "*.", "*.1.2.3.4", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/-1",
            "10.0.0.0/+8", "10.0.0.0/", "010.0.0.1", "127.1", "0x7f.0.0.1", "2130706433", "a..b", "-a.org", "a b", "",
            "fe80::1%eth0", "[::1]", "*.*.org", "ä.org",
        ]
    )
    func invalid(_ entry: String) { #expect(AllowedHost(entry) == nil) }
}
