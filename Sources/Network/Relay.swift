import Reactor

/// Carries bytes between the two sides of one request.
struct Relay: Sendable {
    let client: StreamSocket
    let server: StreamSocket
    let note: RequestNote

    // MARK: Tunnels

    /// Both ways until both have ended, or one is broken; `first` is what the client has sent already.
    func tunnel(first: [UInt8]) async {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                if !first.isEmpty {
                    guard await self.send(first, to: server, note.sent) else { return false }
                }
                return await copy(from: client, to: server, note.sent)
            }
            group.addTask { await copy(from: server, to: client, note.received) }
            for await hasEnded in group where !hasEnded { group.cancelAll() }
        }
    }

    /// Until the end of the stream, which is passed on; false when it broke.
    private func copy(from source: StreamSocket, to sink: StreamSocket, _ count: (Int) -> Void) async -> Bool {
        do {
            while let bytes = try await source.receive() {
                guard await send(bytes, to: sink, count) else { return false }
            }
        } catch {
            return false
        }
        sink.endSending()
        return !Task.isCancelled
    }

    private func send(_ bytes: [UInt8], to sink: StreamSocket, _ count: (Int) -> Void) async -> Bool {
        guard (try? await sink.send(bytes)) == true else { return false }
        count(bytes.count)
        return true
    }

    // MARK: One request in the clear

    /// Sends head and content, and passes on the answer until the target closes, which it was asked to.
    ///
    /// What the client sends beyond the content it announced is nobody's: it goes nowhere.
    func forward(_ head: [UInt8], content: Int, first: [UInt8]) async {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                await upload(head, content, first)
                return false
            }
            group.addTask {
                await download()
                return true
            }
            // A target may answer before it has all: its answer is the end.
            for await isAnswer in group where isAnswer { group.cancelAll() }
        }
    }

    private func upload(_ head: [UInt8], _ content: Int, _ first: [UInt8]) async {
        guard await send(head, to: server, note.sent) else { return }
        var left = content
        var next: [UInt8]? = first
        while left > 0, let bytes = next {
            let part = Array(bytes.prefix(left))
            if !part.isEmpty {
                guard await send(part, to: server, note.sent) else { return }
            }
            left -= part.count
            if left > 0 { next = try? await client.receive() }
        }
        // Content cut short must not look whole.
        if left > 0 { server.close() }
    }

    private func download() async {
        guard let (head, rest, status) = await answerHead() else { return }
        note.allow(status: status)
        guard await send(head, to: client, note.received) else { return }
        if !rest.isEmpty {
            guard await send(rest, to: client, note.received) else { return }
        }
        while let bytes = try? await server.receive() {
            guard await send(bytes, to: client, note.received) else { return }
        }
    }

    /// The head of the final answer, as the client gets it; interim ones are passed on at once.
    private func answerHead() async -> (head: [UInt8], rest: [UInt8], status: Int)? {
        var bytes: [UInt8] = []
        while true {
            let length: Int?
            do { length = try MessageHead.length(in: bytes) } catch { return nil }
            guard let length else {
                guard let more = try? await server.receive() else { return nil }
                bytes += more
                continue
            }
            guard let head = try? MessageHead(bytes[..<length]), let status = Self.status(head.start) else {
                return nil
            }
            let rest = Array(bytes[length...])
            if (100..<200).contains(status) {
                // 101 would be another protocol than the one that was checked.
                guard status != 101, await send(Array(bytes[..<length]), to: client, note.received) else { return nil }
                bytes = rest
                continue
            }
            return (Self.closing(head), rest, status)
        }
    }

    /// The number in `HTTP/1.1 200 OK`.
    private static func status(_ line: String) -> Int? {
        let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard words.count >= 2, words[0] == "HTTP/1.1" || words[0] == "HTTP/1.0", words[1].utf8.count == 3 else {
            return nil
        }
        return Int(words[1])
    }

    private static func closing(_ head: MessageHead) -> [UInt8] {
        let lines = [head.start] + head.endToEnd.map { "\($0.text): \($0.value)" } + ["Connection: close", "", ""]
        return Array(lines.joined(separator: "\r\n").utf8)
    }
}
