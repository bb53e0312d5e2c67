import FoundationEssentials
import Glibc
import Testing
import Wire

/// One sandbox by the Model Context Protocol; the official client is among the harness tests.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct MCPTests {
    let station: Station
    let server: TalkingProgram

    init() async throws {
        station = try await Station.start()
        server = try await TalkingProgram.overPipes(station, ["mcp"])
    }

    private func request(_ id: JSONValue, _ method: String, _ params: JSONValue) -> JSONValue {
        ["jsonrpc": "2.0", "id": id, "method": .text(method), "params": params]
    }

    private func ask(_ method: String, _ params: JSONValue, id: JSONValue = 1) throws -> JSONValue {
        try server.say(request(id, method, params))
        let answer = try server.hear()
        #expect(answer["jsonrpc"]?.text == "2.0" && answer["id"] == id)
        return answer
    }

    private func call(_ tool: String, _ arguments: JSONValue) throws -> (
        text: String, isError: Bool, content: JSONValue?
    ) {
        let answer = try ask("tools/call", ["name": .text(tool), "arguments": arguments])
        let result = try #require(answer["result"], "\(tool): \(answer)")
        let text = result["content"]?.list?.first?["text"]?.text
        return (try #require(text), result["isError"] == true, result["structuredContent"])
    }

    // MARK: The protocol

    @Test func everyRevisionIsSpoken() throws {
        let handshakes = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]
        for (wanted, agreed) in handshakes.map({ ($0, $0) }) + [("1999-01-01", "2025-11-25"), ("", "2025-11-25")] {
            let hello = try ask(
                "initialize",
                [
                    "protocolVersion": .text(wanted), "capabilities": [:],
                    "clientInfo": ["name": "test", "version": "1"],
                ],
                id: .text("hello \(wanted)")
            )["result"]
            #expect(hello?["protocolVersion"]?.text == agreed)
            #expect(hello?["serverInfo"]?["name"]?.text == "executord" && hello?["capabilities"]?["tools"] != nil)
            #expect(hello?["instructions"]?.text?.contains("/work") == true)
            // Not answered.
            try server.say(["jsonrpc": "2.0", "method": "notifications/initialized"])
            #expect(try ask("ping", [:])["result"] == [:])
        }
        // The newest has no handshake: each request names it.
        let newest: JSONValue = ["io.modelcontextprotocol/protocolVersion": "2026-07-28"]
        let found = try ask("server/discover", ["_meta": newest])["result"]
        #expect(found?["supportedVersions"]?.list?.compactMap(\.text).sorted() == handshakes + ["2026-07-28"])
        #expect(found?["resultType"]?.text == "complete")
        let run = try ask("tools/call", ["_meta": newest, "name": "run", "arguments": ["command": "echo new"]])
        #expect(run["result"]?["content"]?.list?.first?["text"]?.text == "new\n")
        let unknown = try ask("tools/list", ["_meta": ["io.modelcontextprotocol/protocolVersion": "2099-01-01"]])
        #expect(unknown["error"]?["code"]?.integer == -32022)
        #expect(unknown["error"]?["data"]?["supported"]?.list?.contains("2026-07-28") == true)
    }

    @Test func whatIsWrongIsToldAndTheServerGoesOn() throws {
        #expect(try ask("tools/call", ["name": "destroy", "arguments": [:]])["error"]?["code"]?.integer == -32602)
        #expect(try ask("tools/call", ["arguments": [:]])["error"]?["code"]?.integer == -32602)
        #expect(try ask("resources/list", [:])["error"]?["code"]?.integer == -32601)
        for line in ["no json\n", "[]\n", "\"text\"\n", String(repeating: "[", count: 5000) + "\n"] {
            server.say(line)
            let answer = try server.hear()
            #expect(answer["error"]?["code"]?.integer == -32700 && answer["id"] == .null, "\(line.prefix(20))")
        }
        for (tool, arguments, word): (String, JSONValue, String) in [
            ("run", [:], "'command'"), ("run", ["command": 7], "'command'"), ("run", .null, "'command'"),
            ("run", ["command": "true", "timeout_seconds": -1], "timeout"), ("start", [:], "'command'"),
            ("output", [:], "'action'"), ("output", ["action": "one"], "'action'"), ("output", ["action": 99], "99"),
            ("output", ["action": 1, "stream": "stdin"], "stream"), ("stop", ["action": 99], "99"),
            ("read", [:], "'path'"), ("read", ["path": "missing"], "missing"), ("write", ["path": "f"], "'content'"),
            ("write", ["content": "f"], "'path'"), ("list", ["path": "missing"], "missing"),
        ] {
            let (text, isError, _) = try call(tool, arguments)
            #expect(isError && text.contains(word), "\(tool) \(arguments): \(text)")
        }
        #expect(try call("list", [:]).text == "(empty)")
    }

    // MARK: Tools

    @Test func everyToolDoesWhatItSays() throws {
        let tools = try #require(try ask("tools/list", [:])["result"]?["tools"]?.list)
        #expect(
            tools.compactMap { $0["name"]?.text }.sorted() == [
                "list", "output", "read", "run", "start", "stop", "write",
            ]
        )
        for tool in tools {
            #expect(tool["description"]?.text?.isEmpty == false && tool["inputSchema"]?["type"]?.text == "object")
        }

        #expect(try call("write", ["path": "deep/er/file", "content": "é one\ntwo\n"]).isError == false)
        #expect(try call("write", ["path": "deep/er/file", "content": "three\n", "append": true]).isError == false)
        #expect(try call("read", ["path": "deep/er/file"]).text == "é one\ntwo\nthree\n")
        #expect(try call("read", ["path": "/work/deep/er/file", "offset": 7, "length": 4]).text.hasPrefix("two\n"))
        #expect(try call("list", ["path": "deep"]).text.hasSuffix(" er/"))

        let run = try call("run", ["command": "cat; pwd; echo told >&2; exit 3", "cwd": "deep", "stdin": "given\n"])
        #expect(run.isError && run.text == "given\n/work/deep\n[stderr]\ntold\n[exit 3]")
        #expect(run.content == ["stdout": "given\n/work/deep\n", "stderr": "told\n", "exit_status": 3])
        #expect(try call("run", ["command": "true"]).text == "(no output)")
        let late = try call("run", ["command": "sleep 600", "timeout_seconds": .number(0.3)])
        #expect(late.isError && late.text.contains("limit"))

        let started = try call("start", ["command": "echo begun; sleep 600"]).text
        let action = try #require(Int(started.split(separator: " ").last ?? ""))
        var printed = try call("output", ["action": .integer(action)])
        while printed.content?["text"]?.text != "begun\n" { printed = try call("output", ["action": .integer(action)]) }
        #expect(printed.text == "begun\n\n[still running]" && printed.content?["running"]?.flag == true)
        #expect(try call("stop", ["action": .integer(action)]).isError == false)
        while printed.content?["running"]?.flag == true { printed = try call("output", ["action": .integer(action)]) }
        #expect(printed.text.contains("[ended: "))
        #expect(try call("stop", ["action": .integer(action)]).isError)
    }

    @Test func callsAreServedAtTheSameTime() throws {
        // The first ends only after the second.
        let waiting = "while [ ! -e go ]; do sleep 0.01; done; echo went"
        try server.say(request(1, "tools/call", ["name": "run", "arguments": ["command": .text(waiting)]]))
        try server.say(request(2, "tools/call", ["name": "run", "arguments": ["command": "touch go"]]))
        let answers = [try server.hear(), try server.hear()]
        #expect(Set(answers.map { $0["id"]?.integer }) == [1, 2])
        // In one piece: the answer to the first comes while the others are served.
        var lines = try TalkingProgram.line(
            request(1, "tools/call", ["name": "run", "arguments": ["command": "true"]])
        )
        for id in 2...30 {
            lines += try TalkingProgram.line(request(.integer(id), "tools/call", ["name": "list", "arguments": [:]]))
        }
        server.say(lines)
        let ids = try (1...30).map { _ in try server.hear()["id"]?.integer }
        #expect(Set(ids) == Set(1...30))
    }

    @Test func aCancelledCallEndsItsCommandAndIsNotAnswered() async throws {
        let mark = "session-\(UInt64.random(in: 0 ... .max))"
        for id: JSONValue in [7, "seven"] {
            let command: JSONValue = ["command": .text("setsid sh -c 'sleep 600; : \(mark)' & sleep 600; : \(mark)")]
            try server.say(request(id, "tools/call", ["name": "run", "arguments": command]))
            #expect(try await eventually { Traces.processes([mark]).count >= 2 })
            try server.say(
                [
                    "jsonrpc": "2.0", "method": "notifications/cancelled",
                    "params": ["requestId": id, "reason": "enough"],
                ]
            )
            #expect(try await eventually { Traces.processes([mark]).isEmpty })
            // Of what nobody asked for.
            try server.say(
                ["jsonrpc": "2.0", "method": "notifications/cancelled", "params": ["requestId": "other"]]
            )
            #expect(try call("run", ["command": "echo next"]).text == "next\n")
        }
    }

    // MARK: The end

    @Test func theSandboxEndsWithTheAgentsConnection() async throws {
        let mark = "session-\(UInt64.random(in: 0 ... .max))"
        try server.say(
            request(1, "tools/call", ["name": "run", "arguments": ["command": .text("sleep 600; : \(mark)")]])
        )
        #expect(try await eventually { !Traces.processes([mark]).isEmpty })
        server.finish()
        let end = try await server.end()
        #expect(end.status == 0 && end.rest == "", "\(end)")
        #expect(Traces.processes([mark]) == [])
        let trial = try #require(try await station.list().first)
        #expect(trial.phase == .finished && trial.agent == "mcp" && trial.actions == 1)
    }

    @Test func belowATasksAgentItIsTheTrialsOwn() async throws {
        let write = try TalkingProgram.line(
            request(
                1,
                "tools/call",
                ["name": "write", "arguments": ["path": "hello.txt", "content": "Hello, world!\n"]]
            )
        )
        try station.scratch.write("calls", write)
        let agent = "'\(Built.executorctl)' mcp <'\(station.scratch.path)/calls'"
        let run = try await station.control(["run", Repository.helloWorld, "--", "sh", "-c", agent])
        #expect(run.status == 0, "\(run.output)\(run.errors)")
    }
}
