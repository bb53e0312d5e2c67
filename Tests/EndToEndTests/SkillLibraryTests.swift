import FoundationEssentials
import Glibc
import Testing
import Wire

/// The library by its verbs: in, out, what happened, and back.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct SkillLibraryTests {
    private func write(_ text: String, name: String, in scratch: Scratch) throws -> String {
        let folder = try scratch.makeDirectory("in-\(UInt32.random(in: 0 ... .max))/\(name)")
        let file = folder.dropFirst(scratch.path.count + 1) + "/SKILL.md"
        try scratch.write(
            String(file),
            "---\nname: \(name)\ndescription: Repairs tables. Use when a csv file is broken.\n---\n\n\(text)\n"
        )
        return folder
    }

    @Test func aVersionIsTakenInPromotedGivenRolledBackAndExported() async throws {
        let station = try await Station.start()
        let first = try write("Say yes.", name: "say-yes", in: station.scratch)
        #expect(try await station.control(["skill", "import", first]).output == "say-yes@1 is linted\n")
        // Nobody is given what nobody vouches for.
        let task = try MadeTask(verifier: TrialTests.answer).write(in: station.scratch)
        #expect(try await station.run(task, ["--agent", "nop", "--skill", "auto"]).trial.configuration.skills == [])

        #expect(try await station.control(["skill", "promote", "say-yes"]).status == 2, "a decision needs a reason")
        let promoted = try await station.control(["skill", "promote", "say-yes@1", "-m", "read it"])
        #expect(promoted.output == "say-yes@1 is active, T4\n", "\(promoted.errors)")
        let given = try await station.replay(["cat /skills/say-yes/SKILL.md"], on: task, ["--skill", "say-yes"]).trial
        #expect(given.configuration.skills?.map(\.text) == ["say-yes@1"])

        let second = try write("Say no.", name: "say-yes", in: station.scratch)
        #expect(try await station.control(["skill", "import", second, "-m", "better"]).status == 0)
        let before = try await station.json(SkillList.Result.self, ["skill", "list"]).value
        #expect(before.skills.map(\.text) == ["say-yes@1", "say-yes@2"])
        #expect(try await station.control(["skill", "promote", "say-yes@2", "-m", "try"]).status == 0)
        let difference = try await station.control(["skill", "diff", "say-yes@1", "say-yes@2"])
        #expect(difference.output.contains("-Say yes.\n+Say no.\n"), "\(difference.output) \(difference.errors)")

        let back = try await station.control(["skill", "rollback", before.snapshot, "-m", "worse"])
        #expect(back.output == "snapshot \(before.snapshot)\nsay-yes@1\n", "\(back.errors)")
        let out = station.scratch.path + "/out"
        #expect(try await station.control(["skill", "export", out]).output == "\(out)/say-yes\n")
        #expect(station.scratch.read("out/say-yes/SKILL.md")?.hasSuffix("Say yes.\n") == true)
        let log = try await station.json(SkillLog.Result.self, ["skill", "log", "say-yes"]).value.steps
        #expect(log.last?.reason == "worse" && log.contains { $0.to == "evidenced" && $0.reason == "read it" })

        let git = station.scratch.path + "/git"
        let exported = try await station.control(["skill", "export", "--git", git, "say-yes"])
        #expect(exported.output == "\(git)/skills\n", "\(exported.errors)")
        let commits = try await Program.start("/usr/bin/git", ["-C", git + "/skills", "log", "--oneline"]).end()
        #expect(commits.output.split(separator: "\n").count == 2, "\(commits.output) \(commits.errors)")
        #expect(try await station.control(["skill", "retire", "say-yes", "-m", "done"]).status == 0)
        #expect(try await station.json(SkillList.Result.self, ["skill", "list"]).value.skills.map(\.text) == [])
    }

    @Test func wordsFindWhatIsServedInItsScope() async throws {
        let station = try await Station.start()
        let folder = try write("Repair it.", name: "csv-clean", in: station.scratch)
        _ = try await station.control(["skill", "import", folder, "--role", "data-engineer"])
        func hits(_ options: [String]) async throws -> [String] {
            try await station.json(SkillSearch.Result.self, ["skill", "search"] + options, rest: ["broken", "csv"])
                .value.hits.map(\.skill.text)
        }
        #expect(try await hits([]) == [])
        #expect(try await hits(["--all"]) == ["csv-clean@1"])
        _ = try await station.control(["skill", "promote", "csv-clean", "-m", "read it"])
        #expect(try await hits([]) == ["csv-clean@1"])
        #expect(try await hits(["--role", "data-engineer"]) == ["csv-clean@1"])
        #expect(try await hits(["--role", "clerk"]) == [])
    }

    @Test func aBadFolderIsNamedAndNotTakenIn() async throws {
        let station = try await Station.start()
        let folder = try write("```sh\nnever closed", name: "half", in: station.scratch)
        let linted = try await station.control(["skill", "lint", folder])
        #expect(linted.status == 1 && linted.output.contains("[fence-open]"), "\(linted.output)")
        let refused = try await station.control(["skill", "import", folder])
        #expect(
            refused.status != 0 && refused.errors.contains("half is no valid skill: SKILL.md:"),
            "\(refused.errors)"
        )
        #expect(try await station.json(SkillList.Result.self, ["skill", "list"]).value.skills.isEmpty)
        #expect(
            try await station.control(["skill", "rollback", "abcdef", "-m", "x"]).errors.contains("snapshot abcdef")
        )
    }
}
