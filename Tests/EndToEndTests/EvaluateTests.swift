import Evaluation
import FoundationEssentials
import Testing
import Wire

/// `executorctl evaluate` on a suite of two small families, killed on its way and gone on with.
@Suite(.serialized, .timeLimit(.minutes(4)))
struct EvaluateTests {
    /// Writes instances as the repository's generators do; what differs is what the family asks for.
    private static func generator(_ solution: String, check: String) -> String {
        """
        import argparse, pathlib
        parser = argparse.ArgumentParser()
        parser.add_argument("--seed", type=int)
        parser.add_argument("--tier")
        parser.add_argument("--out", type=pathlib.Path)
        options = parser.parse_args()
        home = pathlib.Path(__file__).resolve().parent
        def put(name, text):
            place = options.out / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
            place.chmod(0o755)
        split = "learning" if options.tier in ("t1", "t2", "t3") else "evaluation"
        put("task.toml", f'''schema_version = "1.4"
        [task]
        name = "tests/{home.name}-{options.tier}-{options.seed}"
        [metadata]
        role = "{home.parent.name}"
        family = "{home.name}"
        tier = "{options.tier.upper()}"
        split = "{split}"
        [environment]
        docker_image = "debian:bookworm"
        network_mode = "no-network"
        workdir = "/app"
        memory_mb = 256
        storage_mb = 50
        ''')
        put("instruction.md", f"Number {options.seed}: write what the family {home.name} wants.\\n")
        put("solution/solve.sh", '''\(solution)''')
        trap = 0 if options.tier == "t5" else 1
        put("tests/test.sh", f'''#!/bin/sh
        if \(check); then right=1; else right=0; fi
        echo '{{"reward": '$((right * {trap}))', "outcome": '$right', "process": {trap}}}' >/logs/verifier/reward.json
        ''')
        """
    }

    private static func suite(in scratch: Scratch) throws -> String {
        try scratch.write(
            "suite/clerk/answering/generate.py",
            generator(
                "#!/bin/sh\\nprintf no >/app/draft.txt\\nsed -e s/no/yes/ /app/draft.txt >/app/answer\\ncat /app/answer\\n",
                check: "grep -qx yes /app/answer"
            )
        )
        try scratch.write(
            "suite/crier/shouting/generate.py",
            generator(
                "#!/bin/sh\\nprintf hear >/app/quiet.txt\\ntr a-z A-Z </app/quiet.txt >/app/loud\\nls -l /app/loud\\n",
                check: "grep -qx HEAR /app/loud"
            )
        )
        try scratch.write(
            "suite/clerk/answering/skill/answering/SKILL.md",
            "---\nname: answering\ndescription: Says yes. Use when asked.\n---\n\n# answering\n\n```sh\necho yes >/app/answer\n```\n"
        )
        return scratch.path + "/suite"
    }

    /// Does what code blocks of its skills say, and nothing without skills.
    private static func student(in scratch: Scratch) throws -> String {
        let script =
            "for f in /skills/*/SKILL.md; do awk '/^```/ { on = !on; next } on' \\\"$f\\\" | sh; done 2>/dev/null; true"
        return try scratch.write("student.json", "{\"actions\": [{\"shell\": \"\(script)\"}]}")
    }

    private static func arguments(_ out: String, _ scratch: Scratch, _ more: [String] = []) throws -> [String] {
        [
            "evaluate", "--protocol", "skillevolbench", "--suite", scratch.path + "/suite", "--out", out, "--agent",
            "replay:\(scratch.path)/student.json", "--orders", "A", "--instances", "1", "--conditions",
            "raw_trajectory_rag,selfgen_experience_always,curated_static",
        ] + more
    }

    @Test func anEvaluationThatIsKilledGoesOnAndComesToTheSame() async throws {
        let station = try await Station.start()
        let scratch = station.scratch
        _ = try Self.suite(in: scratch)
        _ = try Self.student(in: scratch)
        let out = scratch.path + "/out"

        let killed = try await station.begin(try Self.arguments(out, scratch))
        // The lessons are kept one instance at a time: there are more to come.
        #expect(try await eventually(.seconds(60)) { (scratch.read("out/results.jsonl") ?? "").contains("\n") })
        killed.kill()
        _ = try await killed.end()
        let before = scratch.read("out/results.jsonl") ?? ""

        let (report, status) = try await station.json(EvaluationReport.self, try Self.arguments(out, scratch))
        #expect(status == 0 && report.measured == report.wanted && report.unjudged.isEmpty, "\(report.unjudged)")
        #expect(report.lessons.trials == 36 && report.lessons.passed > 12)
        let results = scratch.read("out/results.jsonl") ?? ""
        #expect(!before.isEmpty && results.hasPrefix(before.split(separator: "\n").dropLast().joined(separator: "\n")))

        // Nothing is left to do, and nothing is done.
        #expect(try await station.control(try Self.arguments(out, scratch)).status == 0)
        #expect(scratch.read("out/results.jsonl") == results)
        let page = try #require(scratch.read("out/report.html"))
        #expect(page.hasPrefix("<!DOCTYPE html>") && page.contains("curated_static"))

        let other = try await station.control(try Self.arguments(out, scratch, ["--seed", "2"]))
        #expect(other.status == 1 && other.errors.contains("--seed differ"), "\(other.errors)")
        #expect(scratch.read("out/results.jsonl") == results)

        try Self.expectWhatTheSkillsAreWorth(report)
        #expect(try await station.json(SkillList.Result.self, ["skill", "list"]).value.skills.isEmpty)

        let (again, _) = try await station.json(
            EvaluationReport.self,
            try Self.arguments(scratch.path + "/again", scratch)
        )
        #expect(again.agents.first?.rates == report.agents.first?.rates, "the same plan makes the same results")
        #expect(again.agents.first?.comparisons == report.agents.first?.comparisons)
    }

    private static func expectWhatTheSkillsAreWorth(_ report: EvaluationReport) throws {
        let part = try #require(report.agents.first)
        func mean(_ condition: Condition, _ role: String? = nil, _ tier: Tier? = nil) -> Double? {
            part.rates.first {
                $0.condition == condition && $0.role == role && $0.tier == tier && $0.part == nil && $0.order == nil
            }?.rate.value?.mean
        }
        #expect(mean(.noSkill) == 0)
        // People's skill does the work of its family; T5 wants a procedure that nobody has.
        #expect(mean(.curated, "clerk", .t4) == 1 && mean(.curated, "clerk", .t5) == 0, "\(report.libraries)")
        #expect(mean(.curated, "clerk", .t1) == 1 && mean(.curated, "crier", .t1) == 0)
        #expect(report.absent.contains { $0.metric == "curated skill of shouting" })
        let trap = try #require(part.traps.first { $0.condition == .curated })
        #expect(trap.counts.shortcut == 1 && trap.counts.neither == 1 && trap.resistance.value == 0)
        let health = try #require(part.health.last { $0.condition == .experience })
        #expect(health.skills == 2 && health.stage == 3 && health.lines > 10)
    }

    @Test func whatCannotBeRunIsSaid() async throws {
        let station = try await Station.start()
        let scratch = station.scratch
        _ = try Self.suite(in: scratch)
        func errors(_ arguments: [String]) async throws -> String {
            let outcome = try await station.control(["evaluate"] + arguments)
            #expect(outcome.status != 0)
            return outcome.errors
        }
        let out = ["--out", scratch.path + "/out", "--suite", scratch.path + "/suite", "--agent", "nop"]
        let after = ["--protocol", "after"] + out
        #expect(try await errors(out).contains("skillevolbench or after"))
        #expect(try await errors(["--protocol", "after"]).contains("--out is missing"))
        #expect(try await errors(after + ["--families", "juggling"]).contains("answering, shouting"))
        #expect(try await errors(after + ["--conditions", "luck"]).contains("'luck' is not one of no_skill"))
        #expect(try await errors(after + ["--agent", "command:"]).contains("names no program"))
        #expect(try await errors(after + ["--suite", scratch.path]).contains("generate.py"))
        #expect(!FileManager.default.fileExists(atPath: scratch.path + "/out"))
    }
}
