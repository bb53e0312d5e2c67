import FoundationEssentials
import Glibc
import Testing
import Wire

/// Canaries: what pairs of real trials do to them, and whose trials those may be.
@Suite(.serialized, .timeLimit(.minutes(1)))
struct CanaryTests {
    /// A version that is a canary because one task was too few to tell.
    private func canary(_ station: Station, program: String?) async throws -> SkillGiven {
        try await station.takeIn(program: program)
        let student = try station.student(first: "echo yes > /app/answer")
        let options = GateOptions.replays(student, try station.heldOutTasks(1))
        let version = try await station.gate(options).value.skill
        try #require(version.state == "canary")
        return SkillGiven(name: version.name, digest: version.digest, version: version.version, share: 1)
    }

    private func usage(_ station: Station) async throws -> SkillShow.Usage {
        try await station.json(SkillShow.Result.self, ["skill", "show", "say-yes@1"]).value.usage
    }

    @Test func harmToRealTrialsTakesItBack() async throws {
        let station = try await Station.start()
        _ = try await canary(station, program: "echo no > /app/answer\n")
        let task = try station.heldOutTasks(1, name: "real")[0]
        let student = try station.student(first: "echo yes > /app/answer")
        let job = ["job", "run", task, "-k", "50", "--skill", "auto", "--agent", "replay", "--replay", student]
        // A fifth of them draws it, by their names: seven pairs are enough, and 200 trials without them a wonder.
        for _ in 1...4 where try await station.skillRow("say-yes@1").state == "canary" {
            #expect(try await station.control(job).status != 2)
        }
        #expect(try await station.skillRow("say-yes@1").state == "quarantined")
        let log = try await station.json(SkillLog.Result.self, ["skill", "log", "say-yes"]).value
        let taken = try #require(log.steps.last)
        #expect(taken.actor == "canary" && taken.reason.contains("it does harm"), "\(taken)")
        let decision = try #require(log.gate.last { $0.stage == 11 })
        // Seven pairs, all of them regressions, are the least that ends it; trials that end at once are matched at once.
        #expect(decision.outcome == "failed" && decision.figures["pairs"] ?? 0 >= 7, "\(decision)")
        #expect(decision.figures["harm_e"] ?? 0 >= 20)
        let next = try await station.run(task, ["--agent", "replay", "--replay", student, "--skill", "auto"])
        #expect(next.status == 0 && next.trial.configuration.skills?.isEmpty ?? true)
    }

    /// Calls that come from a user who is nobody's administrator.
    private func nobody(_ station: Station, _ lines: [String]) async throws -> [String] {
        let script = """
            import socket, sys
            peer = socket.socket(socket.AF_UNIX)
            peer.connect(sys.argv[1])
            answers = peer.makefile()
            for line in sys.stdin:
                peer.sendall(line.encode())
                print(answers.readline(), end="")
            """
        let outcome = try await Program.start(
            "/usr/bin/setpriv",
            ["--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/python3", "-c", script, station.socket],
            input: lines.joined(separator: "\n") + "\n"
        ).end()
        try #require(outcome.status == 0, "\(outcome.errors)")
        return outcome.output.split(separator: "\n").map(String.init)
    }

    @Test(.enabled(if: geteuid() == 0, "needs root to be somebody else"))
    func otherUsersTrialsDecideNothing() async throws {
        let files = try Scratch()
        try #require(chmod(files.path, 0o755) == 0)
        let settings = try files.write("executord.toml", "administratorGroup = \"staff\"\n")
        let station = try await Station.start(socket: files.path + "/s", mode: ["--config", settings])
        let canary = try await canary(station, program: "echo no > /app/answer\n")
        let before = try await usage(station)
        let task = try station.heldOutTasks(1, name: "real")[0]
        let student = try station.student(first: "echo yes > /app/answer")
        let own = try await station.run(task, ["--agent", "replay", "--replay", student])
        let (digest, agent) = (own.trial.configuration.taskDigest, own.trial.configuration.agent)

        /// A job whose trials have drawn the canary, one for each `true`.
        func job(_ draws: [Bool]) throws -> String {
            let tasks = draws.map {
                JobTask(digest: digest, name: "tests/real-1", path: task, skills: $0 ? [canary] : [])
            }
            let params = JobCreate.Params(tasks: tasks, agent: agent)
            let text = String(decoding: try WireJSON.encode(params), as: UTF8.self)
            return #"{"jsonrpc":"2.0","id":1,"method":"job.create","params":\#(text)}"#
        }
        func ended() async throws {
            #expect(try await eventually { try await station.list().allSatisfy { $0.phase.isTerminal } })
        }
        // Nobody's trials are made to look like seven pairs of harm, and one match too many.
        let answers = try await nobody(
            station,
            [
                #"{"jsonrpc":"2.0","id":1,"method":"skill.choose","params":{"taskDigest":"\#(digest)"}}"#,
                try job(Array(repeating: true, count: 7) + Array(repeating: false, count: 8)),
            ]
        )
        #expect(answers.first?.contains(#""skills":[]"#) == true, "they do not draw it: \(answers)")
        try #require(answers.last?.contains(#""trials":15"#) == true, "\(answers)")
        try await ended()
        #expect(try await station.skillRow("say-yes@1").state == "canary")
        #expect(try await usage(station).hurt == before.hurt)

        // An administrator's trial is not matched with theirs, but with one of the administrator's.
        let client = try RawClient(station.socket)
        #expect(try client.ask(try job([true]))?.error == nil)
        try await ended()
        #expect(try await usage(station).hurt == before.hurt)
        #expect(try client.ask(try job([false]))?.error == nil)
        try await ended()
        #expect(try await eventually { try await usage(station).hurt == before.hurt + 1 })
    }
}
