import FoundationEssentials
import Glibc
import Testing
import Wire

/// Trials with skills: where agents find them, what is seen of their use, and that nothing tells of them otherwise.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct SkillsAtWorkTests {
    private static func skill(_ name: String, in scratch: Scratch) throws -> String {
        let folder = try scratch.makeDirectory("skills-\(name)")
        let text = "---\nname: \(name)\ndescription: Says yes. Use when asked.\n---\n\nSay yes.\n"
        try scratch.write("skills-\(name)/SKILL.md", text)
        _ = try scratch.makeDirectory("skills-\(name)/references")
        try scratch.write("skills-\(name)/references/more.md", "More.\n")
        return folder
    }

    private static func evidence(_ trial: String, _ station: Station) async throws -> [ActionRecord] {
        try await station.control(["watch", trial, "--json"]).output.split(separator: "\n").compactMap {
            if case .action(let record) = try WireJSON.decode(TrialEvent.self, from: Array($0.utf8)).body {
                record.phase == .agent ? record : nil
            } else {
                nil
            }
        }
    }

    @Test func anAgentFindsThemReadOnlyAndItsOpeningsAreSeen() async throws {
        let station = try await Station.start()
        let task = try MadeTask(verifier: TrialTests.answer).write(in: station.scratch)
        let (one, two) = (
            try Self.skill("say-yes", in: station.scratch), try Self.skill("other-one", in: station.scratch)
        )
        let commands = [
            "ls /skills ~/.claude/skills ~/.agents/skills && stat -c %s /skills/say-yes/SKILL.md",
            "cat ~/.claude/skills/say-yes/SKILL.md /skills/say-yes/references/more.md && echo yes >/app/answer",
            "echo x >>/skills/say-yes/SKILL.md; rm -rf /skills/say-yes; mv /skills /other; ls /skills",
        ]
        let (trial, status) = try await station.replay(commands, on: task, ["--skill", one, "--skill", two])
        #expect(status == 0)
        #expect(trial.configuration.skills?.map(\.name) == ["say-yes", "other-one"])
        #expect(trial.verdict?.evidence.changedOutside == [], "mount points are nobody's changes")

        let actions = try await Self.evidence(trial.summary.trial, station)
        #expect(actions.count == 3)
        // To list and to look at is not to open.
        #expect(actions[0].exit == .exited(code: 0) && actions[0].evidence?.skills == nil)
        #expect(
            actions[1].evidence?.skills == [
                SkillOpening(skill: "say-yes", file: "SKILL.md"),
                SkillOpening(skill: "say-yes", file: "references/more.md"),
            ]
        )
        #expect(actions[2].stdout.head == "other-one\nsay-yes\n", "nothing of it can be written to or moved")
        let shown = try await station.control(["show", trial.summary.trial])
        #expect(shown.output.contains("say-yes (sha256:") && shown.output.contains(": opened by action 2, "))
        #expect(shown.output.contains(": never opened"))
    }

    @Test func withoutSkillsNothingTellsOfThem() async throws {
        let station = try await Station.start()
        let task = try MadeTask(verifier: TrialTests.answer).write(in: station.scratch)
        let trial = try await station.replay(["ls -d /skills ~/.claude ~/.agents; env | grep -i skill"], on: task).trial
        let actions = try await Self.evidence(trial.summary.trial, station)
        #expect(actions.first?.stdout.head == "")
        #expect(trial.configuration.skills == nil)
    }

    @Test func copiesAreGoneAfterwardsAndTheContentStays() async throws {
        let station = try await Station.start()
        let task = try MadeTask(verifier: TrialTests.answer).write(in: station.scratch)
        let skill = try Self.skill("say-yes", in: station.scratch)
        _ = try await station.replay(["cat /skills/say-yes/SKILL.md"], on: task, ["--skill", skill])
        let files = FileManager.default
        #expect(try files.contentsOfDirectory(atPath: station.state + "/scratch").isEmpty)
        #expect(try files.contentsOfDirectory(atPath: station.state + "/skills/trees").count == 1)
    }

    @Test func whatIsNoSkillIsRefusedAndNothingRuns() async throws {
        let station = try await Station.start()
        let task = try MadeTask(verifier: TrialTests.answer).write(in: station.scratch)
        let folder = try station.scratch.makeDirectory("empty")
        try station.scratch.write("empty/readme", "hello")
        let link = try Self.skill("say-yes", in: station.scratch)
        #expect(symlink("/etc/passwd", link + "/references/passwd") == 0)
        for named in [folder, link, "no-such-skill", "no-such@3", "/no/such/folder"] {
            let outcome = try await station.control(["run", task, "--agent", "nop", "--skill", named])
            #expect(outcome.status != 0, "\(named): \(outcome.output)")
            #expect(outcome.errors.contains("skill") || outcome.errors.contains("folder"), "\(outcome.errors)")
        }
        #expect(try await station.list().isEmpty)
    }

    @Test func everyTrialOfAJobHasThem() async throws {
        let station = try await Station.start()
        let task = try MadeTask(verifier: TrialTests.answer).write(in: station.scratch)
        let skill = try Self.skill("say-yes", in: station.scratch)
        let job = try await station.control(["job", "run", task, "--agent", "nop", "-k", "2", "--skill", skill])
        #expect(job.errors.isEmpty, "\(job.errors)")
        for summary in try await station.list() {
            #expect(try await station.detail(summary.trial).configuration.skills?.map(\.name) == ["say-yes"])
        }
    }

    @Test func anUploadedSkillGoesWhenNothingNamesIt() async throws {
        let station = try await Station.start()
        let task = try MadeTask(verifier: TrialTests.answer).write(in: station.scratch)
        let options = ["--agent", "nop", "--skill"]
        _ = try await station.run(task, options + [try Self.skill("of-a-trial", in: station.scratch)])
        let ofJob = try Self.skill("of-a-job", in: station.scratch)
        _ = try await station.control(["job", "run", task] + options + [ofJob])
        let place = station.state + "/skills/trees"
        let named = Set(try FileManager.default.contentsOfDirectory(atPath: place))
        #expect(named.count == 2)
        let (old, new) = (String(repeating: "a", count: 64), String(repeating: "b", count: 64))
        for name in [old, new] {
            try FileManager.default.createDirectory(atPath: "\(place)/\(name)", withIntermediateDirectories: false)
        }
        let before = time(nil) - 7200
        for name in named.union([old]) {
            let times = [timespec(tv_sec: before, tv_nsec: 0), timespec(tv_sec: before, tv_nsec: 0)]
            #expect(utimensat(AT_FDCWD, "\(place)/\(name)", times, 0) == 0)
        }
        for isDry in [true, false] {
            let options = ["gc", "--older-than", "0s", "--keep-layers", "all"] + (isDry ? ["--dry-run"] : [])
            let done = try await station.json(StoreCollect.Result.self, options).value
            #expect(done.items.map(\.name) == ["sha256:" + old] && done.items.first?.kind == .skill)
        }
        #expect(Set(try FileManager.default.contentsOfDirectory(atPath: place)) == named.union([new]))
    }
}
