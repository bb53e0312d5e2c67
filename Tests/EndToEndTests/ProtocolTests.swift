import FoundationEssentials
import Glibc
import Statistics
import Testing
import Wire

/// Whatever a client sends, it gets the decided answer, and nobody else notices.
@Suite(.serialized)
struct ProtocolTests {
    private static let hello = #"{"jsonrpc":"2.0","id":1,"method":"daemon.hello","params":{"client":"test"}}"#

    /// A line, the name of the error that answers it, and whether the connection goes on.
    private static let malformed: [(line: String, error: String, goesOn: Bool)] = [
        ("no json", "parseError", false),
        ("[1,2]", "parseError", false),
        ("{\"jsonrpc\":\"2.0\",\"id\":1", "parseError", false),
        (String(repeating: "[", count: 100_000), "parseError", false),
        (String(repeating: "{\"a\":", count: 600) + "1" + String(repeating: "}", count: 600), "parseError", false),
        (#"{"jsonrpc":"2.0","id":{"a":1},"method":"daemon.status","params":{}}"#, "parseError", false),
        ("\u{0}\u{1}\u{ff}", "parseError", false),
        (#"{"jsonrpc":"1.0","id":1,"method":"daemon.status","params":{}}"#, "invalidRequest", true),
        (#"{"jsonrpc":"2.0","id":1}"#, "invalidRequest", true),
        (#"{"jsonrpc":"2.0","id":1,"method":"no.such","params":{}}"#, "methodNotFound", true),
        (#"{"jsonrpc":"2.0","id":1,"method":"daemon.hello"}"#, "invalidParams", true),
        (#"{"jsonrpc":"2.0","id":"a","method":"daemon.hello","params":[]}"#, "invalidParams", true),
        (#"{"jsonrpc":"2.0","id":1,"method":"trial.get","params":{"trial":7}}"#, "invalidParams", true),
        (#"{"jsonrpc":"2.0","id":1,"method":"trial.list","params":{"limit":1e300}}"#, "invalidParams", true),
        (#"{"jsonrpc":"2.0","id":1,"method":"trial.get","params":{"trial":""}}"#, "notFound", true),
        (#"{"jsonrpc":"2.0","id":1,"method":"trial.get","params":{"trial":"%' OR 1=1 --"}}"#, "notFound", true),
        (#"{"jsonrpc":"2.0","id":1,"method":"task.upload","params":{"path":"x"}}"#, "invalidParams", true),
        (#"{"jsonrpc":"2.0","id":1,"method":"trial.export","params":{"trials":[]}}"#, "invalidParams", true),
        (#"{"jsonrpc":"2.0","id":1,"method":"job.get","params":{"job":""}}"#, "notFound", true),
        (#"{"jsonrpc":"2.0","id":1,"method":"job.resume","params":{"job":"%","templates":{}}}"#, "notFound", true),
        (#"{"jsonrpc":"2.0","id":1,"method":"job.create","params":{"tasks":[]}}"#, "invalidParams", true),
        (
            #"{"jsonrpc":"2.0","id":1,"method":"job.create","params":{"tasks":[{"digest":"sha256:../..","name":"x","#
                + #""path":"/"}],"agent":{"kind":"nop","steps":false,"actions":[]}}}"#, "notFound", true
        ),
        (
            #"{"jsonrpc":"2.0","id":1,"method":"job.create","params":{"tasks":[{"digest":"sha256:1","name":"x","#
                + #""path":"/"}],"agent":{"kind":"nop","steps":false,"actions":[]},"attempts":9223372036854775807}}"#,
            "invalidParams", true
        ),
        (
            #"{"jsonrpc":"2.0","id":1,"method":"store.collect","params":{"dryRun":true,"olderThanSeconds":-1e300}}"#,
            "invalidParams", true
        ),
        (
            #"{"jsonrpc":"2.0","id":1,"method":"task.check","params":{"digest":"sha256:../..","path":"/","gate":true,"#
                + #""allowUnenforced":false,"templates":{}}}"#, "notFound", true
        ),
        (
            #"{"jsonrpc":"2.0","id":1,"method":"sandbox.exec","params":{"argv":["true"],"readOnly":[],"environment":{},"#
                + #""limits":{},"profile":"default","changes":false,"allowUnenforced":false}}"#, "forbidden", true
        ),
    ]

    @Test func malformedInputGetsTheDecidedAnswer() async throws {
        let station = try await Station.start()
        let bystander = try RawClient(station.socket)
        for (line, error, goesOn) in Self.malformed {
            let client = try RawClient(station.socket)
            let place = String(line.prefix(100))
            #expect(try client.ask(line)?.errorName == error, "\(place)")
            if goesOn {
                #expect(try client.ask(Self.hello)?.error == nil, "\(place)")
            } else {
                #expect(try client.receive() == nil, "\(place): the connection goes on")
            }
            let reply = try #require(try bystander.ask(Self.hello), "\(place) closed another's connection")
            #expect(reply.error == nil && reply.id == .number(1))
        }
    }

    @Test func longFramesEndTheConnectionAtOnce() async throws {
        let station = try await Station.start()
        let client = try RawClient(station.socket)
        // No newline: the answer must not wait for one.
        client.send(repeatElement(UInt8(ascii: "a"), count: (1 << 20) + 2))
        #expect(try client.receive()?.errorName == "frameTooLarge")
        #expect(try client.receive() == nil)
        // A frame of exactly the limit is read.
        let fitting = try RawClient(station.socket)
        let head = #"{"jsonrpc":"2.0","id":1,"method":"daemon.hello","params":{"client":""#
        let tail = "\"}}"
        let filling = String(repeating: "x", count: (1 << 20) - head.utf8.count - tail.utf8.count)
        let reply = try #require(try fitting.ask(head + filling + tail))
        #expect(reply.error == nil)
    }

    @Test func cutsAndGarbageHurtNobodyElse() async throws {
        let station = try await Station.start()
        let seed = UInt64.random(in: 0 ... .max)
        print("protocol garbage with seed \(seed)")
        var random = SplitMix64(seed: seed)
        let bystander = try RawClient(station.socket)
        for round in 0..<60 {
            let client = try RawClient(station.socket)
            if round % 2 == 0 {
                // Whole requests in random pieces are all answered.
                let count = Int.random(in: 1...8, using: &random)
                let lines = (0..<count).map { Self.hello.replacing("\"id\":1", with: "\"id\":\($0)") + "\n\n" }.joined()
                var bytes = Array(lines.utf8)[...]
                while !bytes.isEmpty {
                    let piece = Int.random(in: 1...200, using: &random)
                    #expect(client.send(bytes.prefix(piece)))
                    bytes = bytes.dropFirst(piece)
                }
                let ids = try (0..<count).map { _ in try client.receive()?.id }
                #expect(Set(ids) == Set((0..<count).map { RequestID.number($0) }), "seed \(seed), round \(round)")
            } else {
                // A request with bytes changed, then nothing more: answered or closed, never kept waiting.
                var bytes = Array(Self.hello.utf8)
                for _ in 0..<Int.random(in: 1...6, using: &random) {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
                }
                client.send(bytes + [10])
                client.finish()
                while try client.receive() != nil {}
            }
            #expect(try bystander.ask(Self.hello)?.error == nil, "seed \(seed), round \(round)")
        }
    }

    @Test func notificationsAreNotAnswered() async throws {
        let station = try await Station.start()
        let client = try RawClient(station.socket)
        client.send(line: #"{"jsonrpc":"2.0","method":"daemon.status","params":{}}"#)
        client.send(line: #"{"jsonrpc":"2.0","method":"daemon.status","params":[1]}"#)
        #expect(try client.ask(Self.hello)?.id == .number(1))
    }

    /// Numbers that a daemon which converts them carelessly dies of.
    @Test func extremeNumbersAreAnsweredNotDiedOf() async throws {
        let station = try await Station.start()
        let trial = try await station.run(Repository.helloWorld).trial
        let digest = trial.configuration.taskDigest
        let name = trial.summary.trial
        func call(_ method: String, _ params: String) throws {
            let client = try RawClient(station.socket)
            let reply = try client.ask(#"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":\#(params)}"#)
            #expect(reply != nil, "\(method) \(params) got no answer")
        }
        let most = "9223372036854775807"
        for number in ["-1", "0", most, "-9223372036854775808"] {
            try call("trial.list", #"{"limit":\#(number)}"#)
            try call("trial.watch", #"{"trial":"\#(name)","from":\#(number)}"#)
            try call("trial.output", #"{"trial":"\#(name)","action":\#(number),"stream":"stdout","offset":0}"#)
            try call("trial.output", #"{"trial":"\#(name)","action":1,"stream":"stdout","offset":\#(number)}"#)
        }
        for number in ["0", "-9223372036854775808"] {
            try call("trial.verify", #"{"trial":"\#(name)","repeats":\#(number),"templates":{}}"#)
        }
        for factor in ["-1", "0", "1e300", "1e-300", "-1e300"] {
            let agent =
                #"{"kind":"replay","steps":false,"actions":[{"argv":["true"],"environment":{},"#
                + #""background":false,"timeoutSeconds":\#(factor)}]}"#
            for (multiplier, agent) in [(factor, #"{"kind":"nop","steps":false,"actions":[]}"#), ("1", agent)] {
                try call(
                    "trial.submit",
                    #"{"configuration":{"taskDigest":"\#(digest)","taskName":"x","taskPath":"/x","agent":\#(agent),"#
                        + #""verifierMode":"auto","allowUnenforced":false,"#
                        + #""timeoutMultiplier":\#(multiplier)},"templates":{},"attached":false}"#
                )
            }
        }
        #expect(try await eventually { try await station.list().allSatisfy(\.phase.isTerminal) })
    }

    @Test func jobsCannotLeaveTheExport() async throws {
        let station = try await Station.start()
        let digest = try await station.run(Repository.helloWorld).trial.configuration.taskDigest
        let client = try RawClient(station.socket)
        func submit(_ job: String) throws -> RawClient.Reply? {
            try client.ask(
                #"{"jsonrpc":"2.0","id":1,"method":"trial.submit","params":{"configuration":{"taskDigest":"\#(digest)","#
                    + #""taskName":"x","taskPath":"/x","agent":{"kind":"nop","steps":false,"actions":[]},"#
                    + #""verifierMode":"auto","allowUnenforced":false,"timeoutMultiplier":1},"#
                    + #""templates":{},"attached":false,"job":"\#(job)"}}"#
            )
        }
        for job in ["", "a\\u0000b", "a\\nb", String(repeating: "j", count: 1000)] {
            #expect(try submit(job)?.errorName == "invalidParams", "job '\(job)' was taken")
        }
        let jobs = ["../../evil", "/etc", ".", "..", "a/b"]
        for job in jobs { #expect(try submit(job)?.error == nil) }
        #expect(try await eventually { try await station.list().allSatisfy(\.phase.isTerminal) })
        for (index, job) in jobs.enumerated() {
            let place = try station.scratch.makeDirectory("export-\(index)/in/here")
            let outcome = try await station.control(["export", job, place])
            #expect(outcome.status == 0, "\(job): \(outcome.errors)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: place).count == 1, "\(job)")
            let above = station.scratch.path + "/export-\(index)"
            #expect(try FileManager.default.contentsOfDirectory(atPath: above) == ["in"], "\(job)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: above + "/in") == ["here"], "\(job)")
        }
    }
}
