import Glibc
import Testing
import Wire

@testable import Client

/// The sentence of whatever `body` throws.
private func complaint(_ body: () throws -> Void) -> String {
    do {
        try body()
        return "nothing was thrown"
    } catch {
        return "\(error)"
    }
}

private let summary =
    #"{"trial":"hello__abc","task":"hello","agent":"nop","phase":"finished","outcome":"failed","reward":0,"#
    + #""actions":1,"submittedAt":"2026-11-21T05:00:00.000Z"}"#

private func note(_ sequence: Int, trial: String = "hello__abc") -> String {
    #"{"jsonrpc":"2.0","method":"trial.event","params":{"trial":"\#(trial)","event":{"sequence":\#(sequence),"#
        + #""at":"2026-11-21T05:00:00.000Z","body":{"kind":"note","note":"n\#(sequence)"}}}}"#
}

struct ConnectionTests {
    @Test("The reply is found under every cut", arguments: [1, 2, 7, 1 << 16])
    func reply(_ receiveSize: Int) throws {
        let daemon = try FakeDaemon()
        let client = try daemon.client(receiveSize: receiveSize)
        try daemon.say("", #"{"jsonrpc":"2.0","id":1,"result":{"trials":[\#(summary)],"total":9}}"#)
        let result = try client.call(TrialList.self, .init(limit: 3))
        #expect(result.total == 9)
        #expect(result.trials.map(\.trial) == ["hello__abc"])
        let request = try daemon.heard()
        #expect(
            request.text == #"{"id":1,"jsonrpc":"2.0","method":"trial.list","params":{"limit":3}}"# + "\n"
        )
        #expect(request.descriptors.isEmpty)
    }

    @Test func repliesOutOfOrderFindTheirRequests() throws {
        let daemon = try FakeDaemon()
        let client = try daemon.client()
        let first = try client.begin(TrialList.self, .init())
        let second = try client.begin(TrialList.self, .init())
        try daemon.say(
            #"{"jsonrpc":"2.0","id":2,"result":{"trials":[],"total":2}}"#,
            #"{"jsonrpc":"2.0","id":1,"result":{"trials":[],"total":1}}"#
        )
        #expect(try client.finish(first).total == 1)
        #expect(try client.finish(second).total == 2)
    }

    @Test func descriptorsTravelWithTheFrame() throws {
        let daemon = try FakeDaemon()
        let client = try daemon.client()
        var ends: [CInt] = [-1, -1]
        try #require(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        _ = try client.begin(TaskUpload.self, .init(path: "/t"), descriptors: ends)
        let request = try daemon.heard()
        #expect(request.text.hasSuffix("\n"))
        try #require(request.descriptors.count == 2)
        #expect(write(request.descriptors[1], "x", 1) == 1)
        var byte: UInt8 = 0
        #expect(read(ends[0], &byte, 1) == 1 && byte == UInt8(ascii: "x"))
        for descriptor in request.descriptors { close(descriptor) }
    }

    @Test func refusalKeepsNameReasonAndRemedy() throws {
        let daemon = try FakeDaemon()
        let client = try daemon.client()
        try daemon.say(
            #"{"jsonrpc":"2.0","id":1,"error":{"code":-32011,"message":"no","data":"#
                + #"{"name":"taskRefused","reason":"gpus","remedy":"do without"}}}"#
        )
        do {
            _ = try client.call(TrialGet.self, .init(trial: "x"))
            Issue.record("no error")
        } catch ClientError.refused(let error) {
            #expect(error.data.name == "taskRefused" && error.data.reason == "gpus")
            #expect(!ClientError.refused(error).isUnreachable)
        }
    }

    @Test func watchShowsEventsInOrderAlsoThoseBeforeTheReply() throws {
        let daemon = try FakeDaemon()
        let client = try daemon.client(receiveSize: 3)
        try daemon.say(
            note(1),
            note(1, trial: "other__xyz"),
            #"{"jsonrpc":"2.0","method":"daemon.news","params":{}}"#,
            #"{"jsonrpc":"2.0","id":1,"result":{"summary":\#(summary)}}"#,
            note(2),
            #"{"jsonrpc":"2.0","method":"trial.event","params":{"trial":"hello__abc","summary":\#(summary)}}"#
        )
        var seen: [Int] = []
        let last = try client.watch("hello") { seen.append($0.sequence) }
        #expect(seen == [1, 2])
        #expect(last.outcome == .failed)
    }

    @Test func daemonThatDiesIsNamedAsSuch() throws {
        let daemon = try FakeDaemon()
        let client = try daemon.client()
        let pending = try client.begin(TrialList.self, .init())
        _ = try daemon.heard()
        try daemon.sayWithoutNewline(#"{"jsonrpc":"2.0","id":1,"res"#)
        daemon.hangUp()
        #expect(complaint { _ = try client.finish(pending) }.contains("trial.list (cut off in a reply)"))
        let later = complaint { _ = try client.call(TrialList.self, .init()) }
        #expect(later.contains("Broken pipe"))
    }

    @Test(
        "What is not the protocol is refused",
        arguments: [
            ("nonsense", "the message"), (#"{"jsonrpc":"2.0"}"#, "neither id nor method"),
            (#"{"jsonrpc":"2.0","id":1}"#, "neither result nor error"),
            (#"{"jsonrpc":"2.0","id":7,"result":{}}"#, "request 7"),
            (#"{"jsonrpc":"2.0","id":1,"result":{"trials":[]}}"#, "result lacks the key 'total'"),
            (#"{"jsonrpc":"2.0","id":1,"method":"x","params":{}}"#, "a request from the daemon"),
            (
                #"{"jsonrpc":"2.0","error":{"code":-32700,"message":"bad line","data":{"name":"parseError"}}}"#,
                "bad line"
            ),
        ]
    )
    func brokenReplies(_ line: String, _ words: String) throws {
        let daemon = try FakeDaemon()
        let client = try daemon.client()
        try daemon.say(line)
        let text = complaint { _ = try client.call(TrialList.self, .init()) }
        #expect(text.contains(words), "\(text)")
    }

    @Test func helloChecksTheVersionAndLearnsTheFrameLimit() throws {
        func hello(_ version: Int) -> String {
            #"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":\#(version),"version":"0","mode":"embedded","#
                + #""processID":1,"stateDirectory":"/s","maximumFrameBytes":200}}"#
        }
        let daemon = try FakeDaemon()
        let client = try daemon.client()
        try daemon.say(hello(Release.protocolVersion))
        #expect(try client.hello(client: "test").stateDirectory == "/s")
        let long = String(repeating: "x", count: 300)
        #expect(complaint { _ = try client.call(TrialGet.self, .init(trial: long)) }.contains("the daemon takes 200"))
        let stranger = try daemon.client()
        try daemon.say(hello(99))
        #expect(complaint { _ = try stranger.hello(client: "test") }.contains("version 99"))
    }

    @Test func silentDaemonDoesNotHangTheClient() throws {
        let daemon = try FakeDaemon()
        let client = try daemon.client()
        #expect(complaint { _ = try client.hello(client: "test", within: 1) }.contains("no answer"))
    }

    @Test func outputIsPutTogetherFromPieces() throws {
        let daemon = try FakeDaemon()
        let client = try daemon.client(receiveSize: 1)
        try daemon.say(
            #"{"jsonrpc":"2.0","id":1,"result":{"text":"ab","nextOffset":2}}"#,
            #"{"jsonrpc":"2.0","id":2,"result":{"base64":"/wA="}}"#
        )
        #expect(try client.output("t", action: 1, stream: "stdout") == [97, 98, 0xFF, 0])
        try daemon.say(#"{"jsonrpc":"2.0","id":3,"result":{"text":"ab","nextOffset":0}}"#)
        #expect(complaint { _ = try client.output("t", action: 1, stream: "stdout") }.contains("advance"))
    }
}
