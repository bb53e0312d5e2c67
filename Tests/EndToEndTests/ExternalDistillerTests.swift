import FoundationEssentials
import Testing
import Wire

/// Distillers outside the daemon: a good one files skills, a bad one is told what is wrong, none gets out of its sandbox.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct ExternalDistillerTests {
    private static let describe = """
        if [ "$1" = --describe ]; then
            echo '{"name": "odd", "version": "1", "capabilities": {"needs_model": false, "needs_raw": false, \
        "ops": ["create"], "min_trajectories": 1, "deterministic": true}}'
            exit
        fi

        """

    /// A daemon with two passing trials of one family.
    private func station(configuration: String = "") async throws -> Station {
        let settings = try Scratch()
        let path = try settings.write("executord.toml", configuration)
        let station = try await Station.start(mode: ["--config", path])
        for _ in 1...2 {
            let task = try task(in: station.scratch)
            #expect(try await station.replay(["echo maybe", "echo yes > /app/answer"], on: task).status == 0)
        }
        return station
    }

    private func task(in scratch: Scratch) throws -> String {
        var task = MadeTask(
            name: "learn",
            verifier: "#!/bin/sh\ngrep -q yes /app/answer; echo $((1 - $?)) > /logs/verifier/reward.txt\n"
        )
        task.extra = "[metadata]\nfamily = \"answering\"\nsplit = \"learning\"\n"
        return try task.write(in: scratch)
    }

    private func program(_ body: String, in station: Station) throws -> String {
        let name = "program-\(UInt32.random(in: 0 ... .max))"
        return try station.scratch.write(name, "#!/bin/sh\n" + Self.describe + body, mode: 0o755)
    }

    private func distill(_ program: String, _ options: [String] = [], at station: Station) async throws -> Outcome {
        try await station.control(["distill", "--plugin", "exec", "--program", program] + options)
    }

    @Test func theExampleFilesASkillAndSaysHowFarItIs() async throws {
        let station = try await station()
        let example = Repository.root + "/examples/distiller.py"
        let tried = try await distill(example, ["--dry-run"], at: station)
        #expect(tried.status == 0 && tried.output.contains("echo yes > /app/answer"), "\(tried.output)\(tried.errors)")
        #expect(tried.errors.contains("exec: reads learn__") && tried.errors.contains("(2 of 2)"), "\(tried.errors)")
        let filed = try await distill(example, ["--json"], at: station)
        let result = try WireJSON.decode(SkillDistill.Result.self, from: Array(filed.output.utf8))
        #expect(filed.status == 0 && filed.errors.isEmpty, "\(filed.errors)")
        let reference = try #require(result.proposals.first?.filed, "\(result)")
        let shown = try await station.json(SkillShow.Result.self, ["skill", "show", reference]).value
        #expect(shown.skill.state == "linted" && !shown.support.isEmpty)
        // What it calls itself is told, and cannot pass for the daemon's own.
        #expect(shown.skill.source.hasPrefix("exec/frequent-commands"))
        #expect(try await distill(example, at: station).output.contains("2 trials read"))
    }

    /// What a program does, what the error says of it, and what it says besides.
    private static let broken = [
        ("echo no json", "is no response", ""), ("echo '{}'", "lacks the key 'schema'", "validate.py"),
        ("echo '{\"schema\": \"x/2\"}'", "'x/2' is not 'executord.distill.response/1'", "validate.py"),
        ("echo why it broke >&2; exit 3", "status 3", "the end of its stderr: why it broke"),
        ("exec <&-; echo '[]'", "is no response", ""), ("kill -SEGV $$", "signal 11", ""),
        ("head -c 9000000 /dev/zero", "printed 9000000 bytes, more than 8388608", "fewer proposals"),
        ("sleep 60", "had not ended after 1.0 s", "--timeout"),
    ]

    @Test func aBrokenProgramIsToldWhatIsWrong() async throws {
        let station = try await station()
        for (body, cause, more) in Self.broken {
            let limit = body == "sleep 60" ? ["--timeout", "1"] : []
            let outcome = try await distill(try program(body, in: station), limit, at: station)
            #expect(outcome.status == 1 && outcome.output.isEmpty)
            #expect(outcome.errors.contains(cause) && outcome.errors.contains(more), "\(body): \(outcome.errors)")
            // The place, the program and what it worked on, and a remedy.
            let place = outcome.errors.contains("./program-") && outcome.errors.contains("on answering")
            #expect(place && outcome.errors.contains("remedy"), "\(body): \(outcome.errors)")
        }
        #expect(try await station.json(SkillList.Result.self, ["skill", "list"]).value.skills.isEmpty)
    }

    @Test func whatIsNoDistillerIsRefused() async throws {
        let station = try await Station.start()
        let silent = try station.scratch.write("silent", "#!/bin/sh\ncat\n", mode: 0o755)
        #expect(try await distill(silent, at: station).errors.contains("is no description"))
        let unstartable = try station.scratch.write("unstartable", "#!/nowhere/sh\n", mode: 0o755)
        let refused = try await distill(unstartable, at: station).errors
        #expect(refused.contains("could not be started") && refused.contains("--describe"), "\(refused)")
        let plain = try station.scratch.write("plain", "x")
        #expect(try await distill(plain, at: station).errors.contains("not an executable program"))
        let nothing = try await station.control(["distill", "--plugin", "exec"]).errors
        #expect(nothing.contains("--program FILE"), "\(nothing)")
        #expect(try await station.control(["distill", "--program", silent]).status == 2)
    }

    @Test func aProgramHasNothingButItsRequest() async throws {
        let station = try await station()
        let body = """
            cat >/tmp/request
            [ "$(ls /sys/class/net 2>/dev/null | grep -v '^lo$')" = "" ] || { echo network >&2; exit 9; }
            [ ! -e "\(station.state)" ] || { echo state >&2; exit 9; }
            touch /distiller/x 2>/dev/null && { echo writable >&2; exit 9; }
            id=$(sed 's/.*"request_id":"\\([^"]*\\)".*/\\1/' /tmp/request)
            echo '{"schema": "executord.distill.response/1", "request_id": "'$id'", "plugin": {"name": "mine", "version": "9"}, \
            "proposals": [{"id": "p", "op": "create", "skills": ["x"], "edits": [{"file": "SKILL.md", "op": "create", \
            "content": "x", "evidence": ["nothing/a1"], "kind": "step"}]}]}'
            """
        let outcome = try await distill(try program(body, in: station), ["--json"], at: station)
        let result = try WireJSON.decode(SkillDistill.Result.self, from: Array(outcome.output.utf8))
        #expect(outcome.status == 1 && result.proposals.count == 1, "\(outcome.errors)")
        #expect(result.proposals.first?.refused?.contains("predict") == true, "\(result)")
    }

    @Test func memoryBeyondTheBudgetIsNamed() async throws {
        let scratch = try Scratch()
        let program =
            "#!/usr/bin/python3\nimport sys\nif '--describe' in sys.argv: print('{\"name\": \"big\", \"version\": "
            + "\"1\", \"capabilities\": {\"needs_model\": false, \"needs_raw\": false, \"ops\": [], \"min_trajectories\": 1, "
            + "\"deterministic\": true}}')\nelse: b = b'x' * (200 << 20)\n"
        try scratch.write("distill.py", program, mode: 0o755)
        let station = try await station(
            configuration: """
                [distillers.big]
                command = ["python3", "distill.py"]
                directory = "\(scratch.path)"
                memoryBytes = 67108864
                [distill]
                afterJob = "big"
                """
        )
        let outcome = try await station.control(["distill", "--plugin", "big"])
        #expect(outcome.status == 1 && outcome.errors.contains("more than 64 MiB of memory"), "\(outcome.errors)")
    }

    /// What the configured distiller makes of jobs.
    @Test func aJobIsLearntFromWhenItHasEnded() async throws {
        let scratch = try Scratch()
        let program = try String(contentsOfFile: Repository.root + "/examples/distiller.py", encoding: .utf8)
        try scratch.write("learner/distill.py", program)
        let station = try await station(
            configuration: """
                [distillers.learner]
                command = ["python3", "distill.py"]
                directory = "\(scratch.path)/learner"
                [distill]
                afterJob = "learner"
                """
        )
        let task = try task(in: station.scratch)
        let replay = try station.scratch.write("actions.json", #"{"actions": [{"shell": "echo yes > /app/answer"}]}"#)
        let run = ["job", "run", task, "-k", "2", "--replay", replay, "--name"]
        #expect(try await station.control(run + ["good"]).status == 0)
        let learnt = try await distillation(of: "good", at: station)
        #expect(
            learnt.plugin == "learner" && learnt.trials == 2 && learnt.filed == ["answering-commands@1"],
            "\(learnt)"
        )
        #expect(try await station.control(["job", "show", "good"]).output.contains("learner read 2 trials"))

        // Nothing to learn from: nothing is recorded, and nothing said.
        #expect(try await station.control(["job", "run", task, "--name", "oracle"]).status == 0)
        // A distiller that fails harms nobody.
        try scratch.write("learner/distill.py", "import sys; sys.exit('out of ideas')\n")
        #expect(try await station.control(run + ["bad"]).status == 0)
        let failed = try await distillation(of: "bad", at: station)
        #expect(failed.failure?.contains("out of ideas") == true && failed.filed.isEmpty, "\(failed)")
        let job = try await station.json(JobDetail.self, ["job", "show", "bad"]).value
        #expect(job.summary.state == .finished && job.summary.progress.passed == 2)
        #expect(try await station.json(JobDetail.self, ["job", "show", "oracle"]).value.distillation == nil)
    }

    private func distillation(of job: String, at station: Station) async throws -> JobDistillation {
        var found: JobDistillation?
        _ = try await eventually(.seconds(20)) {
            found = try await station.json(JobDetail.self, ["job", "show", job]).value.distillation
            return found != nil
        }
        return try #require(found)
    }
}
