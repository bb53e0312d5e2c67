import Reactor
import Synchronization
import Tasks
import Wire

/// One connection to the proxy: one request, checked, answered or passed on, and written down.
struct ProxyConnection: Sendable {
    let client: StreamSocket
    let proxy: FilteringProxy
    let note: RequestNote

    /// Until the request is through, or `limits` cut it off.
    func serve() async {
        let limits = proxy.limits
        let isDone = await withIdleLimit(limits.idle, total: limits.total, activity: note.activity) {
            await self.answer()
        }
        if !isDone { note.fail("timeout") }
        client.close()
    }

    private func answer() async {
        guard let (head, rest) = await readHead() else { return }
        let request: ProxyRequest
        do throws(ProxyRequest.Refusal) {
            request = try ProxyRequest(head)
        } catch {
            note.request(error.method, error.host, error.port)
            return await refuse(error.status, error.reason, error.sentence)
        }
        note.request(request.method, "\(request.host)", Int(request.port))
        guard let server = await connect(for: request) else { return }
        defer { server.close() }
        switch request.kind {
        case .connect:
            note.allow(status: 200)
            guard await send(Array("HTTP/1.1 200 Connection established\r\n\r\n".utf8), to: client) else { return }
            await Relay(client: client, server: server, note: note).tunnel(first: rest)
        case .forward(let head, let contentBytes):
            let relay = Relay(client: client, server: server, note: note)
            await relay.forward(Array(head.utf8), content: contentBytes, first: rest)
        }
        if note.isUnanswered { await fail(502, "unreachable", "\(request.host) gave no answer that is HTTP/1") }
        await linger()
    }

    // MARK: The request

    private func readHead() async -> (head: MessageHead, rest: [UInt8])? {
        let read = await withDeadline(proxy.limits.head) { await self.receiveHead() }
        switch read {
        case .some(.success(let found)): return found
        case .some(.failure(.tooLarge)):
            await refuse(431, "malformed", "the head of the request is longer than \(MessageHead.maximumBytes) bytes")
        case .some(.failure(.malformed)):
            await refuse(400, "malformed", "the head of the request is not HTTP/1.1")
        case .some(nil): note.drop()
        case nil: await refuse(408, "timeout", "the head of the request did not come within \(proxy.limits.head)")
        }
        return nil
    }

    /// nil when the client went away without a request.
    private func receiveHead() async -> Result<(head: MessageHead, rest: [UInt8]), MessageHead.Flaw>? {
        var bytes: [UInt8] = []
        do throws(MessageHead.Flaw) {
            while true {
                if let length = try MessageHead.length(in: bytes) {
                    return .success((try MessageHead(bytes[..<length]), Array(bytes[length...])))
                }
                guard let more = try? await client.receive() else {
                    // Somebody who only looked whether there is a proxy.
                    return bytes.isEmpty || Task.isCancelled ? nil : .failure(.malformed)
                }
                bytes += more
            }
        } catch {
            return .failure(error)
        }
    }

    // MARK: The target

    private func connect(for request: ProxyRequest) async -> StreamSocket? {
        let rules = proxy.rules
        do throws(TargetRefusal) {
            try rules.check(request.host, port: request.port)
            let found: [IPAddress]
            switch request.host {
            case .address(let address): found = [address]
            case .name(let name):
                guard let addresses = await proxy.resolve(name) else {
                    await fail(503, "busy", "too many names are being looked up")
                    return nil
                }
                found = addresses
            }
            guard !found.isEmpty else {
                await fail(502, "unresolved", "no address is known for \(request.host)")
                return nil
            }
            return await connect(to: try rules.reachable(found, of: request.host), request)
        } catch {
            await refuse(403, error.rawValue, error.sentence(request.host, request.port))
            return nil
        }
    }

    private func connect(to addresses: [IPAddress], _ request: ProxyRequest) async -> StreamSocket? {
        var cause = "no time"
        for address in addresses.prefix(Self.attempts) {
            let reactor = proxy.reactor
            let outcome = await withDeadline(proxy.limits.connect) { () -> Result<StreamSocket, SystemErrorText> in
                do {
                    return .success(
                        try await StreamSocket.connect(to: address, port: request.port, reactor: reactor)
                    )
                } catch {
                    return .failure(SystemErrorText(text: "\(error)"))
                }
            }
            switch outcome {
            case .success(let socket):
                note.connected(to: address)
                return socket
            case .failure(let error): cause = error.text
            case nil: cause = "it did not answer within \(proxy.limits.connect)"
            }
            if Task.isCancelled { return nil }
        }
        await fail(502, "unreachable", "\(request.host):\(request.port) cannot be connected to: \(cause)")
        return nil
    }

    /// Addresses of one name that are tried.
    private static let attempts = 4

    // MARK: Answers of the proxy's own

    private func refuse(_ status: Int, _ reason: String, _ sentence: String) async {
        note.refuse(reason, status: status)
        await proxy.slowDown()
        await answer(status, sentence)
    }

    private func fail(_ status: Int, _ reason: String, _ sentence: String) async {
        note.fail(reason, status: status)
        await answer(status, sentence)
    }

    private func answer(_ status: Int, _ sentence: String) async {
        let text = "executord: \(sentence)\n"
        let head = [
            "HTTP/1.1 \(status) \(Self.phrases[status] ?? "Refused")", "Content-Type: text/plain; charset=utf-8",
            "Content-Length: \(text.utf8.count)", "Connection: close", "", "",
        ]
        _ = await send(Array((head.joined(separator: "\r\n") + text).utf8), to: client)
        await linger()
    }

    private static let phrases = [
        400: "Bad Request", 403: "Forbidden", 408: "Request Timeout", 411: "Length Required",
        431: "Request Header Fields Too Large", 502: "Bad Gateway", 503: "Service Unavailable",
        505: "HTTP Version Not Supported",
    ]

    /// Ends our side and takes what the client still sends: closed at once, its answer might never reach it.
    private func linger() async {
        client.endSending()
        _ = await withDeadline(.seconds(1)) {
            var left = 256 << 10
            while left > 0, let bytes = try? await client.receive() { left -= bytes.count }
        }
    }

    private func send(_ bytes: [UInt8], to socket: StreamSocket) async -> Bool {
        (try? await socket.send(bytes)) ?? false
    }
}

/// A system call's failure in words, which can cross tasks as a failure of a result.
private struct SystemErrorText: Error, Sendable {
    let text: String
}

extension TargetRefusal {
    func sentence(_ host: RequestedHost, _ port: UInt16) -> String {
        switch self {
        case .notListed: "\(host):\(port) is not among the hosts that this task may reach"
        case .port: "port \(port) of \(host) may not be reached; see network.ports in docs/configuration.md"
        case .address:
            "\(host) stands for an address that is not on the Internet, and which is not listed as an address"
        }
    }
}
