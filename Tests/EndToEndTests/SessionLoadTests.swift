import FoundationEssentials
import Glibc
import Linux
import Testing
import Wire

/// What one connection does, or fails to do, while others act in their sessions.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct SessionLoadTests {
    let station: Station
    let client: SessionClient
    let session: Session

    init() async throws {
        station = try await Station.start()
        client = try SessionClient(station)
        session = try client.openSandbox()
    }

    private static let hello = #"{"jsonrpc":"2.0","id":1,"method":"daemon.hello","params":{"client":"test"}}"#

    // MARK: Malformed input

    /// A line that is answered by this error, and whether the connection goes on.
    private func malformed() -> [(line: String, error: String, goesOn: Bool)] {
        let head = #"{"jsonrpc":"2.0","id":1,"method":"action.exec","params":{"session":"\#(session.token)","shell":"#
        let (open, close) = (String(repeating: "[", count: 1000), String(repeating: "]", count: 1000))
        let objects = String(repeating: #"{"a":"#, count: 1000) + "1" + String(repeating: "}", count: 1000)
        func call(_ method: String, _ params: String, _ rest: String = "") -> String {
            #"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":{"session":"\#(session.token)"\#(params)}\#(rest)}"#
        }
        return [
            (head + open + close + "}}", "parseError", false),
            (head + #""true","unknown":"# + objects + "}}", "parseError", false),
            (head + #""true"}"#, "parseError", false),
            // The frame is whole all the same: what is wrong is in its parameters.
            (head + #""\ud800"}}"#, "invalidParams", true),
            (head + "\"\u{1}\"}}", "invalidParams", true),
            (call("action.exec", #","shell":"true","environment":[1]"#), "invalidParams", true),
            (call("action.exec", #","argv":["true",null]"#), "invalidParams", true),
            (call("action.exec", #","shell":"true","timeoutSeconds":"long""#), "invalidParams", true),
            (call("action.exec", #","shell":"true""#, #","descriptors":3"#), "invalidParams", true),
            (call("action.exec", #","shell":"true""#, #","descriptors":-1"#), "invalidParams", true),
            (call("action.input", #","action":1,"base64":"*""#), "invalidParams", true),
            (call("action.write", #","path":"file","text":"a","base64":"YQ==""#), "invalidParams", true),
            (call("action.write", #","path":"file\u0000name","text":"a""#), "fileFailed", true),
            (call("action.wait", #","action":1.5"#), "invalidParams", true),
            (call("action.wait", #","action":1e30"#), "invalidParams", true),
        ]
    }

    @Test func malformedInputHarmsNoOtherConnectionsSession() async throws {
        let echo = try session.start("cat")
        var (said, spoken) = (0, 0)
        func goesOn(_ place: String) throws {
            said += 1
            try session.type("word \(said)\n", into: echo)
            let answer = try session.output(of: echo, from: spoken, until: "\n")
            #expect(answer == "word \(said)\n", "\(place)")
            spoken += answer.utf8.count
        }
        for (line, error, isOpen) in malformed() {
            let other = try RawClient(station.socket)
            let reply = try other.ask(line)
            #expect(reply?.errorName == error, "\(line.prefix(200)) \(String(describing: reply))")
            if isOpen {
                #expect(try other.ask(Self.hello)?.error == nil, "\(line.prefix(200))")
            } else {
                #expect(try other.receive() == nil, "\(line.prefix(200)): the connection goes on")
            }
            try goesOn("\(line.prefix(200))")
        }
        // More than a frame has, within the same session.
        let long = try RawClient(station.socket)
        long.send(Array(#"{"jsonrpc":"2.0","id":1,"method":"action.write","params":{"text":""#.utf8))
        long.send(repeatElement(UInt8(ascii: "a"), count: 1 << 20))
        #expect(try long.receive()?.errorName == "frameTooLarge")
        #expect(try long.receive() == nil)
        try goesOn("a long frame")
        // Half a frame, of one that leaves and of one that stays.
        let half = Array(#"{"jsonrpc":"2.0","id":1,"method":"action.exec","params":{"ses"#.utf8)
        try RawClient(station.socket).send(half)
        let staying = try RawClient(station.socket)
        staying.send(half)
        try goesOn("half a frame")
        #expect(try session.shell("ls").out == "")
    }

    @Test func descriptorsThatNobodyTakesEndTheConnection() async throws {
        // The first action over, nothing of the session's beginning is still open.
        #expect(try session.shell("echo well").out == "well\n")
        let before = try pipes()
        let pipe = try TestPipe()
        let other = try RawClient(station.socket)
        other.send(line: Self.hello, descriptors: [CInt](repeating: pipe.readEnd, count: 16))
        #expect(try other.receive()?.error == nil)
        // They were sent before: the next that takes one gets it, in whatever frame.
        pipe.fill(Array("passed".utf8))
        let exec = Request(
            id: .number(2),
            method: ActionExec.name,
            params: session.program("cat"),
            descriptors: 1
        )
        other.send(line: String(decoding: try WireJSON.encode(exec), as: UTF8.self))
        let reply = try WireJSON.decode(Response<ActionOutcome>.self, from: try #require(try other.receiveFrame()))
        #expect(reply.result?.out == "passed")
        other.send(line: Self.hello, descriptors: [pipe.readEnd, pipe.readEnd])
        #expect(try other.receive() == nil, "the connection goes on with 17")
        #expect(try await eventually { try pipes() <= before })
        #expect(try session.shell("echo well").out == "well\n")
    }

    /// How many pipes the daemon has open.
    private func pipes() throws -> Int {
        let place = "/proc/\(station.processID)/fd"
        return try FileManager.default.contentsOfDirectory(atPath: place).filter { name in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(place)/\(name)"))?.hasPrefix("pipe:") == true
        }.count
    }

    // MARK: Many requests

    @Test func tenThousandPipelinedRequestsAreAllAnswered() throws {
        let count = 10_000
        let lines = (1...count).map { Self.hello.replacing("\"id\":1", with: "\"id\":\($0)") + "\n" }.joined()
        let other = try RawClient(station.socket)
        let replies = try other.exchange(Array(lines.utf8), replies: count)
        #expect(replies.allSatisfy { $0.error == nil })
        #expect(Set(replies.map(\.id)) == Set((1...count).map { RequestID.number($0) }))
        // The same by one that does not take its answers: it waits, and nobody else.
        let mute = try RawClient(station.socket)
        _ = try mute.exchange(Array(lines.utf8), replies: 1)
        #expect(try session.shell("echo well").out == "well\n")
    }

    @Test func whoWaitsForThousandsOfThingsHoldsUpNobodyElse() async throws {
        let action = try session.start("read word; echo got $word")
        let wait = Request(
            id: .number(7),
            method: ActionWait.name,
            params: ActionWait.Params(session: session.token, action: action),
            descriptors: nil
        )
        let line = String(decoding: try WireJSON.encode(wait), as: UTF8.self) + "\n"
        // More than are served at a time.
        let count = 3000
        let waiting = try RawClient(station.socket)
        let leaving = try RawClient(station.socket)
        for other in [waiting, leaving] { other.send(Array(String(repeating: line, count: 1500).utf8)) }
        leaving.finish()
        #expect(try session.shell("echo well").out == "well\n")
        try session.type("word\n", into: action)
        #expect(try session.wait(action).out == "got word\n")
        let replies = try waiting.exchange(Array(String(repeating: line, count: count - 1500).utf8), replies: count)
        #expect(replies.count == count && replies.allSatisfy { $0.error == nil && $0.id == .number(7) })
    }

    @Test func requestsOfAConnectionStartInTheOrderOfArrival() throws {
        // Process numbers of a sandbox grow: they tell which shell was made first.
        let calls = try (1...200).map { number in
            try client.begin(ActionExec.self, session.program("echo \(number) $$"))
        }
        var last = 0
        for (index, call) in calls.enumerated() {
            let outcome = try client.end(call)
            let words = outcome.out.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
            try #require(words.count == 2, "\(outcome.out)\(outcome.err)\(outcome.exit)")
            #expect(words[0] == index + 1 && outcome.action == index + 1)
            #expect(words[1] > last, "number \(index + 1) was started before number \(index)")
            last = words[1]
        }
    }

    // MARK: Slow readers

    @Test func whoNeverReadsHoldsUpNeitherItsActionNorAnotherSession() async throws {
        let flooder = try SessionClient(station)
        let flooded = try flooder.openSandbox()
        let bytes = 48 << 20
        let flood = try flooder.begin(
            ActionExec.self,
            flooded.program("yes flood | head -c \(bytes)") { $0.live = true }
        )
        while flooder.started.isEmpty { try flooder.take() }
        // From here on it takes nothing.
        for number in 1...20 {
            let text = "number \(number)\n"
            _ = try client.call(
                ActionWrite.self,
                .init(session: session.token, path: "file", content: ByteContent(text))
            )
            #expect(try session.shell("cat file").out == text)
        }
        let seen = try client.call(ActionWait.self, .init(session: flooded.token, action: flooder.started[0]))
        #expect(seen.exit == .exited(code: 0) && seen.stdout.totalBytes == bytes)
        // When it reads at last it has missed pieces, knows which, and is answered.
        let outcome = try flooder.end(flood)
        #expect(outcome.exit == .exited(code: 0) && outcome.stdout.totalBytes == bytes)
        let told = flooder.data.map { ($0.piece.offset, $0.piece.content.bytes.count) }
        #expect(!told.isEmpty && told.reduce(0) { $0 + $1.1 } < bytes)
        #expect(zip(told, told.dropFirst()).allSatisfy { $0.0 + $0.1 <= $1.0 })
        // One without end, in whose session another ends what is there.
        _ = try flooder.begin(ActionExec.self, flooded.program("yes") { $0.live = true })
        while flooder.started.count < 2 { try flooder.take() }
        #expect(try client.join(flooded).close().summary.phase == .finished)
    }

    // MARK: Many sessions

    /// Opens sessions at once, each on a connection of its own.
    private func openSessions(_ count: Int) throws -> [Session] {
        let openings = try (0..<count).map { _ in
            let client = try SessionClient(station)
            let request = SandboxRequest(name: "box", workingDirectory: "/app")
            return (client, try client.begin(SessionOpen.self, .init(sandbox: request, inside: true)))
        }
        return try openings.map { Session(client: $0.0, info: try $0.0.end($0.1)) }
    }

    /// Lets all act at once; each leaves a process behind that has the mark.
    private func act(in sessions: [Session], _ mark: String) throws {
        let left = "setsid sh -c 'sleep 600; : \(mark)' >/dev/null 2>&1 &"
        let calls = try sessions.enumerated().map { number, session in
            try session.client.begin(ActionExec.self, session.program("echo \(number) >f; \(left) cat f"))
        }
        for (number, call) in calls.enumerated() {
            #expect(try sessions[number].client.end(call).out == "\(number)\n")
        }
    }

    @Test func sixtyFourSessionsActAtOnceAndLeaveNothing() async throws {
        let mark = "session-\(UInt64.random(in: 0 ... .max))"
        var closing = try openSessions(32)
        var leaving = try openSessions(32)
        #expect(Set((closing + leaving).map(\.token)).count == 64)
        #expect(try client.call(DaemonStatus.self, .init()).sandboxes == 65)
        try act(in: closing + leaving, mark)
        #expect(Traces.processes([mark]).count >= 64)
        // Half of them just go, half say that they end.
        leaving = []
        let ends = try closing.map { try $0.client.begin(SessionClose.self, .init(session: $0.token)) }
        for (number, end) in ends.enumerated() {
            #expect(try closing[number].client.end(end).summary.phase == .finished)
        }
        closing = []
        #expect(try await eventually { try client.call(DaemonStatus.self, .init()).sandboxes == 1 })
        #expect(Traces.processes([mark]) == [])
        #expect(try session.shell("echo well").out == "well\n")
        #expect(try session.close().summary.phase == .finished)
        let left = Traces.of([mark], state: station.state)
        // So many of a kind have some of it prepared for the next.
        let groups = left.trialGroups.filter { !$0.hasPrefix("prepared-") }
        #expect(left.mounts == [] && groups == [], "\(left)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: station.state + "/scratch") == [])
    }
}
