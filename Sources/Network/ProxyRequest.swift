import Tasks

/// A request that the proxy takes: where it goes, and what of it goes there.
struct ProxyRequest: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        /// A tunnel.
        case connect
        /// One request in absolute form: its head as the target gets it, and the bytes of content that follow.
        case forward(head: String, contentBytes: Int)
    }

    let method: String
    let host: RequestedHost
    let port: UInt16
    let kind: Kind

    /// Why a request is not taken, and the answer that says so.
    struct Refusal: Error, Sendable, Hashable {
        let status: Int
        let reason: String
        let sentence: String
        /// As far as it is known.
        var method = ""
        var host = ""
        var port = 0
    }

    init(_ head: MessageHead) throws(Refusal) {
        let words = head.start.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard words.count == 3, !words[0].isEmpty, words[0].utf8.allSatisfy(MessageHead.isToken),
            words[0].utf8.count <= 32, !words[1].isEmpty,
            words[1].utf8.allSatisfy({ (33...126).contains($0) })
        else { throw Self.malformed("the request line is not METHOD TARGET VERSION") }
        guard words[2] == "HTTP/1.1" || words[2] == "HTTP/1.0" else {
            throw Refusal(status: 505, reason: "malformed", sentence: "the proxy speaks HTTP/1.1 and 1.0")
        }
        let isConnect = words[0] == "CONNECT"
        let target = try isConnect ? Target(authority: words[1], defaultPort: nil) : Target(uri: words[1])
        method = words[0]
        (host, port) = (target.host, target.port)
        do throws(Refusal) {
            try Self.checkHost(head, target, isConnect: isConnect, isRequired: words[2] == "HTTP/1.1")
            let content = try Self.contentBytes(head)
            guard isConnect else {
                kind = .forward(head: Self.forwarded(words[0], target, head), contentBytes: content)
                return
            }
            guard content == 0 else { throw Self.malformed("CONNECT has no content") }
            kind = .connect
        } catch {
            var told = error
            (told.method, told.host, told.port) = (words[0], "\(target.host)", Int(target.port))
            throw told
        }
    }

    static func malformed(_ sentence: String) -> Refusal {
        Refusal(status: 400, reason: "malformed", sentence: sentence)
    }

    /// One Host, which names the target: a server that went by another would be asked for what was not checked.
    private static func checkHost(
        _ head: MessageHead,
        _ target: Target,
        isConnect: Bool,
        isRequired: Bool
    ) throws(Refusal) {
        let hosts = head.values(of: "host")
        guard hosts.count == 1 || (hosts.isEmpty && !isRequired) else {
            throw malformed("there must be one Host field")
        }
        for host in hosts {
            let named = try Target(authority: host, defaultPort: isConnect ? target.port : 80)
            guard named.host == target.host, named.port == target.port else {
                throw malformed("the Host field names another target than the request line")
            }
        }
    }

    /// The length of the content, which is told in one way or not at all.
    private static func contentBytes(_ head: MessageHead) throws(Refusal) -> Int {
        guard head.values(of: "transfer-encoding").isEmpty else {
            throw Refusal(
                status: 411,
                reason: "malformed",
                sentence: "the proxy takes content by Content-Length only; HTTPS goes through CONNECT as it is"
            )
        }
        let lengths = head.values(of: "content-length")
        guard let length = lengths.first else { return 0 }
        guard lengths.count == 1, (1...18).contains(length.utf8.count),
            length.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let bytes = Int(length)
        else { throw malformed("Content-Length must be one number") }
        return bytes
    }

    /// In origin form, for a connection of its own that ends with the answer.
    private static func forwarded(_ method: String, _ target: Target, _ head: MessageHead) -> String {
        var lines = ["\(method) \(target.path) HTTP/1.1", "Host: \(target.written)"]
        lines += head.endToEnd.filter { $0.name != "host" }.map { "\($0.text): \($0.value)" }
        return (lines + ["Connection: close", "", ""]).joined(separator: "\r\n")
    }
}

/// Where a request line or a Host field points.
struct Target: Sendable, Hashable {
    let host: RequestedHost
    let port: UInt16
    /// As it is sent in a Host field.
    let written: String
    /// With the query; `/` for an authority.
    var path = "/"

    /// `host:port`, or `host` where a port goes without saying.
    init(authority: String, defaultPort: UInt16?) throws(ProxyRequest.Refusal) {
        let end = authority.lastIndex(of: ":").flatMap { colon in
            authority.hasSuffix("]") ? nil : colon
        }
        let name = end.map { String(authority[..<$0]) } ?? authority
        let number = end.map { String(authority[authority.index(after: $0)...]) }
        guard let host = RequestedHost(name) else {
            throw ProxyRequest.malformed("'\(authority.prefix(260))' names no host: a name, a dotted quad or [IPv6]")
        }
        guard let port = try number.map(Self.port) ?? defaultPort else {
            throw ProxyRequest.malformed("'\(authority.prefix(260))' has no port")
        }
        (self.host, self.port) = (host, port)
        written = authority
    }

    /// `http://host[:port][/path][?query]`, without user, password or fragment.
    init(uri: String) throws(ProxyRequest.Refusal) {
        let scheme = "http://"
        guard uri.lowercased().hasPrefix(scheme) else {
            throw ProxyRequest.malformed("the target must be http://HOST/... ; HTTPS goes through CONNECT")
        }
        let rest = uri.dropFirst(scheme.count)
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        guard !rest.contains("#"), !rest[..<end].contains("@") else {
            throw ProxyRequest.malformed("the target must not have a user, a password or a fragment")
        }
        try self.init(authority: String(rest[..<end]), defaultPort: 80)
        let path = String(rest[end...])
        self.path = path.hasPrefix("/") ? path : "/" + path
    }

    private static func port(_ text: String) throws(ProxyRequest.Refusal) -> UInt16 {
        guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = UInt16(text), port > 0
        else { throw ProxyRequest.malformed("'\(text.prefix(20))' is not a port") }
        return port
    }
}
