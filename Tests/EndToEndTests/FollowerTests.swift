import FoundationEssentials
import Testing
import Wire

/// Agents without a model: the student who follows skills, and the teacher who knows the solution.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct FollowerTests {
    /// A small job that differs by instance: a file's marked lines are counted into a report with a key of its own.
    private func task(_ word: String, split: String = "learning", in scratch: Scratch) throws -> String {
        var task = MadeTask(
            name: "count-\(word)",
            verifier: """
                #!/bin/sh
                if [ "$(cat /app/out/\(word).json 2>/dev/null)" = '{"\(word)": 3}' ]; then echo 1; else echo 0; fi \\
                    > /logs/verifier/reward.txt
                """
        )
        task.solution = """
            #!/bin/sh
            set -eu
            # Look first.
            cat /app/in/\(word).log
            mkdir -p /app/out
            cd /app/in
            python3 - <<'PYTHON'
            import json
            lines = [line for line in open("\(word).log") if line.startswith("!")]
            json.dump({"\(word)": len(lines)}, open("/app/out/\(word).json", "w"))
            PYTHON
            cat /app/out/\(word).json

            """
        task.extra = "[metadata]\nfamily = \"marked-lines\"\nrole = \"clerk\"\nsplit = \"\(split)\"\n"
        let directory = try task.write(in: scratch)
        let place = String(directory.dropFirst(scratch.path.count + 1))
        try scratch.write(
            place + "/instruction.md",
            "Count the marked lines of `/app/in/\(word).log` and write `/app/out/\(word).json`, an object with `\(word)`.\n"
        )
        _ = try scratch.makeDirectory(place + "/environment/in")
        try scratch.write(place + "/environment/in/\(word).log", "!a\nb\n!c\n!d\n")
        return directory
    }

    private func skill(_ name: String, _ code: String, in scratch: Scratch) throws -> String {
        let folder = try scratch.makeDirectory("skills/\(name)")
        let text = """
            ---
            name: \(name)
            description: Counts marked lines of log files. Use when lines are to be counted.
            ---

            # Count

            ## Steps

            ```sh
            mkdir -p /app/out
            ```

            ```sh
            \(code)
            ```

            ## Checks

            ```sh
            test -s /app/out/<json-file>
            ```

            """
        try scratch.write("skills/\(name)/SKILL.md", text)
        return folder
    }

    private func actions(of trial: String, _ station: Station) async throws -> [ActionRecord] {
        try await station.events(of: trial).compactMap { event in
            if case .action(let record) = event.body, record.phase == .agent { record } else { nil }
        }
    }

    @Test func aSkillMakesTheDifferenceAndAWrongOneIsFollowedToo() async throws {
        let station = try await Station.start()
        let task = try task("orders", in: station.scratch)
        let count = #"printf '{"%s": %s}' <key> $(grep -c '^!' /app/in/<log-file>) > /app/out/<json-file>"#
        let right = try skill("line-count", count.replacing("<key>", with: "orders"), in: station.scratch)
        let wrong = try skill("line-miscount", "echo '{}' > /app/out/<json-file>", in: station.scratch)

        let (alone, without) = try await station.run(task, ["--agent", "follower"])
        #expect(without == 4 && alone.summary.agent == "follower")
        let (taught, with) = try await station.run(task, ["--agent", "follower", "--skill", right])
        let commands = try await actions(of: taught.summary.trial, station).map(\.request.displayText)
        #expect(with == 0, "\(commands)")
        #expect(taught.skills?.first?.openedBy != nil && taught.skills?.first?.followed == true)
        let (misled, status) = try await station.run(task, ["--agent", "follower", "--skill", wrong])
        #expect(status == 4 && misled.skills?.first?.followed == true)

        let again = try await station.run(task, ["--agent", "follower", "--skill", right]).trial
        #expect(try await actions(of: again.summary.trial, station).map(\.request.displayText) == commands)
        #expect(!commands.joined().contains("/tests") && !commands.joined().contains("/solution"))
    }

    @Test func theTeacherErrsByItsSeedAndAttemptsDiffer() async throws {
        let station = try await Station.start()
        let task = try task("orders", in: station.scratch)
        let job = try await station.control(["job", "run", task, "--agent", "teacher", "--seed", "3", "-k", "12"])
        #expect(job.errors.isEmpty, "\(job.errors)")
        var lessons: [UInt64: [String]] = [:]
        var outcomes: [VerdictOutcome?] = []
        for summary in try await station.list() {
            let seed = try #require(try await station.detail(summary.trial).configuration.agent.seed)
            let done = try await actions(of: summary.trial, station)
            lessons[seed] = done.map(\.request.displayText)
            outcomes.append(summary.outcome)
            #expect(!done.contains { $0.request.argv.joined().contains("/solution") })
        }
        #expect(Set(lessons.keys) == Set(3...14) && Set(lessons.values).count > 6)
        #expect(outcomes.contains(.passed) && outcomes.contains(.failed))
        let again = try await station.run(task, ["--agent", "teacher", "--seed", "9"]).trial
        #expect(try await actions(of: again.summary.trial, station).map(\.request.displayText) == lessons[9])
        let refused = try await station.control(["run", task, "--seed", "1"])
        #expect(refused.status == 2 && refused.errors.contains("--seed is for the agent teacher only"))
    }

    @Test func whatIsMinedFromTheTeacherTeachesTheFollower() async throws {
        let station = try await Station.start()
        for word in ["orders", "parcels", "visits"] {
            let task = try task(word, in: station.scratch)
            _ = try await station.control(["job", "run", task, "--agent", "teacher", "--seed", "1", "-k", "4"])
        }
        let distilled = try await station.json(SkillDistill.Result.self, ["distill", "--plugin", "mine"]).value
        let proposal = try #require(distilled.proposals.first, "\(distilled.notes)")
        let reference = try #require(proposal.filed, "\(proposal.refused ?? "")")
        #expect(distilled.trials == 12)

        let heldOut = try task("tickets", split: "evaluation", in: station.scratch)
        #expect(try await station.run(heldOut, ["--agent", "follower"]).status == 4)
        let (trial, status) = try await station.run(heldOut, ["--agent", "follower", "--skill", reference])
        let commands = try await actions(of: trial.summary.trial, station).map(\.request.displayText)
        #expect(status == 0, "\(proposal.text ?? "") \(commands)")
    }
}
