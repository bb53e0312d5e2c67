import FoundationEssentials
import Testing
import Wire

/// Trials of tasks with several steps, by the built programs.
@Suite(.serialized)
struct StepTests {
    private static let example = Repository.root + "/tasks/examples/two-steps"

    /// Solves the first step of the example, and only that.
    private static let first = "grep -c . orders.txt > count.txt"

    @Test func theOraclePassesBothStepsAndTheVerdictRepeats() async throws {
        let station = try await Station.start()
        let (trial, status) = try await station.run(Self.example)
        #expect(status == 0, "\(String(describing: trial.verdict)) \(String(describing: trial.exception))")
        let steps = try #require(trial.steps)
        #expect(steps.map(\.step.name) == ["count", "report"] && steps.map(\.step.number) == [1, 2])
        #expect(steps.allSatisfy { $0.verdict.outcome == .passed && $0.actions == 1 && $0.stopped == nil })
        #expect(steps.allSatisfy { $0.verdict.evidence.survivors == 0 && $0.agent?.finishedAt != nil })
        #expect(trial.verdict?.reward == 1 && trial.verdict?.tests.count == 2 && trial.summary.actions == 2)

        let again = try await station.json(TrialVerify.Result.self, ["verify", trial.summary.trial, "--repeat", "2"])
        #expect(again.status == 0 && again.value.deterministic && again.value.runs.count == 2)
        #expect(again.value.runs.allSatisfy { $0.rewards == ["reward": 1] && $0.tests.count == 2 })
        try checkExport(try await exported(trial.summary, station), station)
        #expect(try await station.json(TaskCheck.Result.self, ["task", "check", Self.example]).value.admitted)
    }

    /// The trial's directory below the scratch directory.
    private func exported(_ trial: TrialSummary, _ station: Station) async throws -> String {
        let name = "export-\(trial.trial)"
        let place = try station.scratch.makeDirectory(name)
        #expect(try await station.control(["export", try #require(trial.job), place]).status == 0)
        let job = try #require(try FileManager.default.contentsOfDirectory(atPath: place).first)
        return "\(name)/\(job)/\(trial.trial)"
    }

    private func checkExport(_ directory: String, _ station: Station) throws {
        for step in ["count", "report"] {
            for file in [
                "agent/trajectory.json", "verifier/reward.txt", "verifier/ctrf.json", "artifacts/manifest.json",
            ] {
                #expect(station.scratch.read("\(directory)/steps/\(step)/\(file)") != nil, "steps/\(step)/\(file)")
            }
        }
        #expect(station.scratch.read("\(directory)/steps/report/artifacts/app/report.txt") == "3 5\n")
        #expect(station.scratch.read("\(directory)/steps/count/artifacts/app/report.txt") == nil)
        #expect(station.scratch.read("\(directory)/result.json")?.contains("step_results") == true)
    }

    @Test func aStepThatEarnsTooLittleIsTheLast() async throws {
        let station = try await Station.start()
        let (trial, status) = try await station.run(Self.example, ["--agent", "nop"])
        #expect(status == 4)
        let steps = try #require(trial.steps)
        #expect(steps.map(\.step.name) == ["count"] && steps[0].verdict.outcome == .failed)
        #expect(steps[0].stopped?.contains("below min_reward") == true)
        #expect(trial.verdict?.message.contains("min_reward") == true && trial.verdict?.reward == 0)
        let shown = try await station.control(["show", trial.summary.trial])
        #expect(shown.output.contains("step 1 of 2") && shown.output.contains("no further step"), "\(shown.output)")
    }

    /// What the agent of the first step leaves is there for the second, but neither its processes nor its rewards count.
    @Test func whatIsForgedInOneStepDoesNotCountInTheNext() async throws {
        let station = try await Station.start()
        let writer = """
            cat > /app/writer <<'END'
            #!/bin/sh
            while :; do mkdir -p /logs/verifier; echo 1 > /logs/verifier/reward.txt; done 2>/dev/null
            END
            chmod 755 /app/writer; setsid /app/writer </dev/null >/dev/null 2>&1 &
            """
        struct Action: Encodable {
            var shell: String
            var step: String
        }
        let actions = [
            Action(shell: Self.first, step: "count"), Action(shell: writer, step: "count"),
            Action(shell: "echo 1 > /logs/agent/log; echo 1 > /logs/artifacts/x; mkdir -p /tests", step: "count"),
            Action(shell: "printf '#!/bin/sh\\necho 1 > /logs/verifier/reward.txt\\n' > /tests/test.sh", step: "count"),
            // The next step: logs are gone, nothing of the verifier's or of the first step's processes is there.
            Action(shell: "test -z \"$(ls -A /logs/agent /logs/artifacts | grep -v :)\"", step: "report"),
            Action(shell: "test ! -e /tests/check.sh && test ! -e /solution && test -e /app/count.txt", step: "report"),
            Action(shell: "! grep -lqs 'app/wri[t]er' /proc/[0-9]*/cmdline", step: "report"),
        ]
        let file = String(decoding: try WireJSON.encode(["actions": actions]), as: UTF8.self)
        let path = try station.scratch.write("forger.json", file)
        let (trial, status) = try await station.run(Self.example, ["--replay", path])
        #expect(status == 4)
        let steps = try #require(trial.steps)
        #expect(steps.map(\.verdict.outcome) == [.passed, .failed] && steps.map(\.actions) == [4, 3])
        #expect(steps[0].verdict.evidence.processesKilled >= 1 && steps[1].verdict.evidence.processesKilled == 0)
        #expect(trial.verdict?.reward == 0.5 && trial.verdict?.outcome == .failed)
        #expect(trial.verdict?.evidence.suspicious.contains { $0.contains("/tests/test.sh") } == true)
        let ends = try await station.events(of: trial.summary.trial).compactMap { event in
            if case .action(let record) = event.body, record.phase == .agent { record.exit } else { nil }
        }
        #expect(ends.suffix(3) == [.exited(code: 0), .exited(code: 0), .exited(code: 0)])
    }

    @Test func whatGoesWrongWithAStepsAgentIsTheSteps() async throws {
        let station = try await Station.start()
        let program = try station.scratch.write("fails.sh", "#!/bin/sh\nexit 3\n", mode: 0o755)
        let options = ["run", Self.example, "--agent", "command"]
        let trial = try #require(
            try await station.json(RunReport.self, options, rest: ["--", program]).value.trials.first
        )
        #expect(trial.exception == nil && trial.steps?.first?.exception?.type == "NonZeroAgentExitCodeError")
        #expect(try await station.list().first?.exception == nil)
    }

    @Test func aReplayOfStepsThatTheTaskHasNotIsRefused() async throws {
        let station = try await Station.start()
        let path = try station.scratch.write("other.json", #"{"actions": [{"shell": "true", "step": "three"}]}"#)
        let refused = try await station.control(["run", Self.example, "--replay", path])
        #expect(refused.status == 1 && refused.errors.contains("'three'") && refused.errors.contains("count, report"))
        #expect(try await station.list().isEmpty)
    }

    @Test func anAgentOutsideGetsEachStepsInstruction() async throws {
        let station = try await Station.start()
        let program = try station.scratch.write(
            "agent.sh",
            """
            #!/bin/sh
            echo "$EXECUTORD_STEP: $EXECUTORD_INSTRUCTION"
            case "$EXECUTORD_INSTRUCTION" in
            *count.txt*report.txt*) \(Built.executorctl) action exec 'echo "$(cat count.txt) $(grep -c . orders.txt)" > report.txt' ;;
            *count.txt*) \(Built.executorctl) action exec '\(Self.first)' ;;
            esac
            """,
            mode: 0o755
        )
        let (report, status) = try await station.json(
            RunReport.self,
            ["run", Self.example, "--agent", "command"],
            rest: ["--", program]
        )
        let trial = try #require(report.trials.first)
        #expect(status == 0, "\(String(describing: trial.verdict)) \(String(describing: trial.exception))")
        #expect(trial.steps?.map(\.actions) == [1, 1])
        let place = try await exported(trial.summary, station)
        for step in ["count", "report"] {
            let log = station.scratch.read("\(place)/steps/\(step)/agent/command.log")
            #expect(log?.hasPrefix("\(step): ") == true, "\(String(describing: log))")
        }
        let trajectory = "\(station.scratch.path)/\(place)/agent/trajectory.json"
        let again = try await station.run(Self.example, ["--replay", trajectory]).trial
        #expect(again.steps?.map(\.actions) == [1, 1] && again.verdict?.outcome == .passed)
    }

    /// A task made for one test.
    private func make(_ station: Station, _ head: String, _ steps: [String: [String: String]]) throws -> String {
        let name = "steps-\(UInt32.random(in: 0 ... .max))"
        let environment =
            "[environment]\ndocker_image = \"debian:bookworm\"\nnetwork_mode = \"no-network\"\nworkdir = \"/app\"\n"
        try station.scratch.write(name + "/task.toml", environment + head)
        for (step, files) in steps {
            try station.scratch.write("\(name)/steps/\(step)/instruction.md", "Do it.\n")
            for (path, text) in files { try station.scratch.write("\(name)/steps/\(step)/\(path)", text) }
        }
        return station.scratch.path + "/" + name
    }

    @Test func eachStepHasItsOwnTimeUserAndVerifier() async throws {
        let station = try await Station.start()
        let pass = "#!/bin/sh\necho 1 > /logs/verifier/reward.txt\n"
        let task = try make(
            station,
            """
            [[steps]]
            name = "slow"
            agent = {timeout_sec = 1.0}
            [[steps]]
            name = "apart"
            agent = {user = "nobody"}
            verifier = {environment_mode = "separate", env = {STEP = "two"}}
            artifacts = ["/tmp/who"]
            """,
            [
                "slow": ["tests/test.sh": pass, "solution/solve.sh": "#!/bin/sh\nsleep 600\n"],
                "apart": [
                    "tests/test.sh": """
                    #!/bin/sh
                    [ "$(cat /tmp/who)" = nobody ] && [ "$STEP" = two ] && [ ! -e /app/shared ]
                    echo $(($? == 0)) > /logs/verifier/reward.txt
                    """,
                    "solution/solve.sh": "#!/bin/sh\nid -un > /tmp/who\n",
                    "workdir/setup.sh": "touch /tmp/set-up\n",
                    "workdir/shared": "x\n",
                ],
            ]
        )
        let (trial, status) = try await station.run(task)
        #expect(status == 0, "\(String(describing: trial.verdict)) \(String(describing: trial.exception))")
        let steps = try #require(trial.steps)
        #expect(steps[0].exception?.type == "AgentTimeoutError" && steps[1].exception == nil)
        #expect(steps.map(\.verdict.mode) == [.isolated, .separate])
        #expect(try await station.control(["run", task, "--verifier-mode", "shared"]).status == 1)
    }

    /// Whoever breaks what a later step needs has not passed it, and gets no other try.
    @Test func aStepThatCannotBeginHasEarnedNothing() async throws {
        let station = try await Station.start()
        let files = ["tests/test.sh": "#!/bin/sh\necho 1 > /logs/verifier/reward.txt\n"]
        let broken = files.merging(["workdir/setup.sh": "echo oh no >&2; exit 7\n"]) { own, _ in own }
        let task = try make(station, "[[steps]]\nname = \"a\"\n[[steps]]\nname = \"b\"\n", ["a": files, "b": broken])
        let trial = try await station.run(task, ["--agent", "nop"]).trial
        #expect(trial.summary.phase == .finished && trial.exception == nil)
        #expect(trial.verdict?.outcome == .failed && trial.verdict?.reward == 0.5)
        let steps = try #require(trial.steps)
        #expect(steps.map(\.verdict.outcome) == [.passed, .failed] && steps[1].exception?.type == "StepSetupError")
        #expect(steps[1].agent == nil && steps[1].verifier == nil && steps[1].verdict.message.contains("setup.sh"))
        let again = try await station.json(TrialVerify.Result.self, ["verify", trial.summary.trial])
        #expect(again.status == 4 && again.value.deterministic)
        #expect(
            try station.scratch.read("\(await exported(trial.summary, station))/result.json")?.contains("0.5") == true
        )

        // By the agent: a directory in the place of a file, the working directory a link to somewhere else.
        let sound = files.merging(["workdir/setup.sh": "true\n"]) { own, _ in own }
        let whole = try make(station, "[[steps]]\nname = \"a\"\n[[steps]]\nname = \"b\"\n", ["a": files, "b": sound])
        for trick in ["mkdir /app/setup.sh", "cd /; rm -rf app; ln -s tmp app"] {
            let (broken, status) = try await station.replay([trick], on: whole)
            #expect(status == 4 && broken.verdict?.outcome == .failed, "\(trick): \(broken)")
            #expect(broken.steps?.count == 2 && broken.verdict?.reward == 0.5, "\(trick)")
        }
        // A working directory that is nowhere is made anew, for verifiers and for the next step.
        for trick in ["ln -s app app", "ln -s no/where app", "touch app"] {
            let (lost, status) = try await station.replay(["cd /; rm -rf app; \(trick)"], on: whole)
            #expect(status == 0 && lost.steps?.count == 2, "\(trick): \(lost)")
        }
        // An unverifiable step ends the trial without a guess.
        let silent = try make(
            station,
            "[[steps]]\nname = \"a\"\n[[steps]]\nname = \"b\"\n",
            ["a": ["tests/test.sh": "#!/bin/sh\n"], "b": files]
        )
        let (ended, status) = try await station.run(silent, ["--agent", "nop"])
        #expect(status == 5 && ended.verdict?.outcome == .unverifiable && ended.steps?.count == 1)
    }
}
