import ATIFRules
import FoundationEssentials
import Glibc
import Tasks
import Testing
import Wire

/// How sessions end, what is left of them then, and what the record says.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct SessionEndTests {
    let station: Station
    let client: SessionClient

    init() async throws {
        station = try await Station.start()
        client = try SessionClient(station)
    }

    private func mark() -> String { "session-\(UInt64.random(in: 0 ... .max))" }

    private func madeTask(agentSeconds: Double = 60) throws -> String {
        try MadeTask(verifier: TrialTests.answer, agentSeconds: agentSeconds).write(in: station.scratch)
    }

    /// The refusal of a call in a session that is over.
    private func refusal(_ session: Session, by other: SessionClient? = nil) throws -> String {
        try (other ?? client).refusal(ActionExec.self, session.program("true"))
    }

    @Test func submittingVerifies() async throws {
        let session = try client.openTask(try madeTask())
        #expect(session.info.instruction == "Write yes into /app/answer.\n")
        #expect(session.info.limits.agentSeconds == 60 && session.info.limits.memoryBytes == 512 << 20)
        #expect(session.info.workingDirectory == "/app" && session.info.user == "root")
        let mark = mark()
        try session.shell("echo yes > answer; setsid sh -c 'sleep 600; : \(mark)' >/dev/null 2>&1 &")
        let running = try client.begin(ActionExec.self, session.program("sleep 600; : \(mark)"))
        #expect(try await eventually { Traces.processes([mark]).count >= 2 })
        let end = try session.submit()
        #expect(end.summary.phase == .finished && end.summary.outcome == .passed && end.summary.agent == "tester")
        let verdict = try #require(end.verdict)
        #expect(verdict.reward == 1 && verdict.evidence.survivors == 0 && verdict.evidence.processesKilled >= 1)
        // What ran was ended, and told so.
        #expect(try client.end(running).exit == .cancelled)
        #expect(Traces.processes([mark]) == [])
        #expect(try refusal(session) == "sessionEnded submitted")
        #expect(try client.refusal(SessionSubmit.self, .init(session: session.token)) == "sessionEnded submitted")
        #expect(try client.refusal(SessionClose.self, .init(session: session.token)) == "sessionEnded submitted")
        // Who has no business with it is not told even that.
        #expect(try client.refusal(SessionJoin.self, .init(trial: session.info.trial)) == "sessionEnded submitted")
    }

    @Test func whatWentWrongWithTheAgentIsRecordedAndJudgedAllTheSame() async throws {
        let session = try client.openTask(try madeTask())
        try session.shell("echo yes > answer")
        let files = try Scratch()
        try files.write("own/log.txt", "what I thought\n")
        let pipe = try TestPipe()
        let failure = SessionSubmit.Failure(type: "NonZeroAgentExitCodeError", message: "it ended with status 3")
        let call = try client.begin(
            SessionSubmit.self,
            .init(session: session.token, exception: failure),
            descriptors: [pipe.readEnd]
        )
        try TreeArchive.pack(files.path + "/own", to: pipe.writeEnd)
        pipe.closeWrite()
        let end = try client.end(call)
        #expect(end.summary.outcome == .passed && end.summary.exception == failure.type)
        #expect(try await station.detail(session.info.trial).exception?.message == failure.message)
        let place = try station.scratch.makeDirectory("out")
        #expect(try await station.control(["export", session.info.trial, place]).status == 0)
        let job = try #require(try FileManager.default.contentsOfDirectory(atPath: place).first)
        #expect(station.scratch.read("out/\(job)/\(session.info.trial)/agent/log.txt") == "what I thought\n")
    }

    @Test func closingCancelsATaskAndFinishesASandbox() async throws {
        let mark = mark()
        let session = try client.openTask(try madeTask())
        let action = try session.start("sleep 600; : \(mark)")
        let waiting = try client.begin(ActionWait.self, .init(session: session.token, action: action))
        let end = try session.close()
        #expect(end.summary.phase == .cancelled && end.verdict == nil)
        #expect(try client.end(waiting).exit == .cancelled)
        #expect(try refusal(session) == "sessionEnded cancelled")

        let sandbox = try client.openSandbox()
        try sandbox.shell("setsid sh -c 'sleep 600; : \(mark)' >/dev/null 2>&1 &")
        let over = try sandbox.close()
        #expect(over.summary.phase == .finished && over.summary.outcome == nil && over.verdict == nil)
        #expect(try refusal(sandbox) == "sessionEnded closed")
        #expect(Traces.processes([mark]) == [])
    }

    @Test func theOpenersEndIsTheSessions() async throws {
        let mark = mark()
        var opener: SessionClient? = try SessionClient(station)
        let task = try #require(try opener?.openTask(try madeTask())).info
        let sandbox = try #require(try opener?.openSandbox()).info
        for info in [task, sandbox] {
            let other = Session(client: client, info: info)
            try other.shell("setsid sh -c 'sleep 600; : \(mark)' >/dev/null 2>&1 &")
            _ = try other.start("sleep 600; : \(mark)")
        }
        let program = Session(client: client, info: task).program("sleep 600; : \(mark)")
        let waiting = try client.begin(ActionExec.self, program)
        // It runs, too: one that comes after the end would be refused.
        #expect(try await eventually { Traces.processes([mark]).count >= 5 })
        // With half a request on its way.
        opener?.raw.send(Array(#"{"jsonrpc":"2.0","id":9,"method":"action.ex"#.utf8))
        opener = nil
        #expect(try client.end(waiting).exit == .cancelled)
        for info in [task, sandbox] {
            #expect(try await eventually { try await station.detail(info.trial).summary.phase == .cancelled })
            #expect(try refusal(Session(client: client, info: info)) == "sessionEnded cancelled")
        }
        #expect(Traces.processes([mark]) == [])
        let left = Traces.of([mark], state: station.state)
        #expect(left.mounts == [] && left.trialGroups == [], "\(left)")
    }

    @Test func timeEndsTheSessionAndNotTheTrial() async throws {
        let mark = mark()
        let session = try client.openTask(try madeTask(agentSeconds: 1.5))
        try session.shell("echo yes > answer")
        let running = try client.begin(ActionExec.self, session.program("sleep 600; : \(mark)"))
        #expect(try client.end(running).exit == .cancelled)
        #expect(Traces.processes([mark]) == [])
        #expect(try refusal(session) == "sessionEnded AgentTimeoutError")
        #expect(
            try client.refusal(SessionSubmit.self, .init(session: session.token)) == "sessionEnded AgentTimeoutError"
        )
        let message = SessionMessage.Params(session: session.token, message: .init(source: .agent, text: "late"))
        #expect(try client.refusal(SessionMessage.self, message) == "sessionEnded AgentTimeoutError")
        #expect(try await eventually { try await station.detail(session.info.trial).summary.phase == .finished })
        let detail = try await station.detail(session.info.trial)
        #expect(detail.verdict?.outcome == .passed && detail.exception?.type == "AgentTimeoutError")
        // After the end of the trial the answer is still that.
        #expect(try refusal(session) == "sessionEnded AgentTimeoutError")

        let box = try client.openSandbox { $0.timeoutSeconds = 0.5 }
        #expect(try client.end(client.begin(ActionExec.self, box.program("sleep 600"))).exit == .cancelled)
        #expect(try refusal(box) == "sessionEnded AgentTimeoutError")
    }

    @Test func everythingIsInTheRecordAndInItsExport() async throws {
        let session = try client.openTask(try madeTask())
        let watching = try await station.begin(["watch", session.info.trial, "--json"])
        func say(_ message: AgentMessage) throws {
            _ = try client.call(SessionMessage.self, .init(session: session.token, message: message))
        }
        try say(.init(source: .user, text: "Mind the case."))
        try say(
            .init(
                source: .agent,
                text: "I look.",
                reasoning: "An answer is needed.",
                model: "some-model",
                metrics: .init(promptTokens: 10, completionTokens: 2, costUSD: 0.5),
                extra: ["turn": "1"]
            )
        )
        try session.shell("ls") { $0.environment = ["SECRET": "hunter2"] }
        _ = try client.call(
            ActionWrite.self,
            .init(session: session.token, path: "answer", content: ByteContent("yes\n"), mode: "600")
        )
        _ = try client.call(ActionRead.self, .init(session: session.token, path: "answer"))
        _ = try client.refusal(ActionRead.self, .init(session: session.token, path: "missing"))
        let end = try session.submit()
        #expect(end.summary.outcome == .passed && end.summary.actions >= 4)

        let watched = try await watching.end()
        let events = try watched.output.split(separator: "\n").map {
            try WireJSON.decode(TrialEvent.self, from: Array($0.utf8)).body
        }
        let messages = events.compactMap { if case .message(let message) = $0 { message.text } else { nil } }
        #expect(messages == ["Mind the case.", "I look."])
        let actions = events.compactMap { body -> ActionRecord? in
            if case .action(let action) = body, action.phase == .agent { action } else { nil }
        }
        #expect(actions.map(\.number) == [1, 2, 3, 4])
        #expect(
            actions.map(\.request.displayText) == ["ls", "write /app/answer", "read /app/answer", "read /app/missing"]
        )
        #expect(actions.map(\.exit) == [0, 0, 0, 1].map { .exited(code: $0) })
        #expect(actions[1].request.file?.content?.text == "yes\n" && actions[2].stdout.head == "yes\n")
        #expect(!watched.output.contains("hunter2") && actions[0].request.environment.keys.contains("SECRET"))

        let place = try station.scratch.makeDirectory("out")
        #expect(try await station.control(["export", session.info.trial, place]).status == 0)
        let job = try #require(try FileManager.default.contentsOfDirectory(atPath: place).first)
        let path = "out/\(job)/\(session.info.trial)/agent/trajectory.json"
        let text = try #require(station.scratch.read(path))
        #expect(ATIFRules.broken(by: try WireJSON.decode(JSONTree.self, from: Array(text.utf8))) == [])
        let steps = try #require(try WireJSON.decode(JSONTree.self, from: Array(text.utf8))["steps"]?.array)
        #expect(steps.map { $0["source"]?.text } == ["user", "user", "agent", "agent", "agent", "agent"])
        #expect(steps[2]["message"]?.text == "I look." && steps[2]["model_name"]?.text == "some-model")
        let calls = steps.dropFirst(2).map { $0["tool_calls"]?[0]?["function_name"]?.text }
        #expect(calls == ["shell", "write", "read", "read"])
        #expect(!text.contains("hunter2"))

        // The same again, files and all.
        let (again, status) = try await station.run(try madeTask(), ["--replay", station.scratch.path + "/" + path])
        #expect(status == 0 && again.summary.outcome == .passed && again.summary.actions == end.summary.actions)
    }
}
