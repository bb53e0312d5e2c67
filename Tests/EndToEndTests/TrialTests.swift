import FoundationEssentials
import Glibc
import Testing
import Wire

/// Whole trials by the built programs: what they end with, what they print, what they leave.
@Suite(.serialized)
struct TrialTests {
    /// Passes when /app/answer says yes.
    static let answer = """
        #!/bin/sh
        if [ "$(cat /app/answer 2>/dev/null)" = yes ]; then echo 1; else echo 0; fi > /logs/verifier/reward.txt
        """

    @Test func theOraclePassesAndItsVerdictRepeats() async throws {
        let station = try await Station.start()
        let (trial, status) = try await station.run(Repository.helloWorld)
        #expect(status == 0)
        #expect(trial.summary.phase == .finished)
        #expect(trial.verdict?.outcome == .passed)
        #expect(trial.verdict?.reward == 1)
        #expect(trial.verdict?.mode == .isolated)
        #expect(trial.verdict?.evidence.survivors == 0)
        #expect(trial.verdict?.tests.count == 4)
        #expect(trial.hasFrozenLayer)

        let (again, repeated) = try await station.json(
            TrialVerify.Result.self,
            ["verify", trial.summary.trial, "--repeat", "3"]
        )
        #expect(repeated == 0)
        #expect(again.deterministic)
        #expect(again.runs.count == 3 && again.runs.allSatisfy { $0.outcome == .passed && $0.tests.count == 4 })
    }

    @Test func doingNothingFails() async throws {
        let station = try await Station.start()
        let (trial, status) = try await station.run(Repository.helloWorld, ["--agent", "nop"])
        #expect(status == 4)
        #expect(trial.verdict?.outcome == .failed)
        #expect(trial.verdict?.reward == 0)
        #expect(trial.summary.actions == 0)
    }

    @Test func theCheatFailsAndIsSeen() async throws {
        let station = try await Station.start()
        let (trial, status) = try await station.run(Repository.helloWorld, ["--replay", Repository.cheat])
        #expect(status == 4)
        #expect(trial.summary.agent == "cheat")
        let verdict = try #require(trial.verdict)
        #expect(verdict.outcome == .failed)
        #expect(verdict.evidence.processesKilled >= 1)
        #expect(verdict.evidence.survivors == 0)
        for place in ["/logs/verifier/reward.txt", "/logs/verifier/reward.json", "/tests/test.sh", "python3"] {
            #expect(verdict.evidence.suspicious.contains { $0.contains(place) }, "\(place) is not in the evidence")
        }
        #expect(verdict.evidence.changedOutside.contains { $0.path == "/tests/conftest.py" })
        #expect(verdict.evidence.changedInside > 0)
    }

    @Test func stepsAreActionsOfTheirOwn() async throws {
        let station = try await Station.start()
        let solution = "#!/bin/sh\nx=yes\nmkdir -p /app/d\ncd /app/d\necho $x > ../answer\n"
        let task = try MadeTask(verifier: Self.answer, solution: solution).write(in: station.scratch)
        let (trial, status) = try await station.run(task, ["--steps"])
        #expect(status == 0)
        // One shell: the variable and the directory of one command are there for the next.
        #expect(trial.summary.actions == 4)
        let whole = try await station.run(task).trial
        #expect(whole.summary.actions == 1)
    }

    @Test func aSolutionIsRunByWhatItNames() async throws {
        let station = try await Station.start()
        func action(_ solution: String, isSolved: Bool) async throws -> ActionRecord {
            let task = try MadeTask(verifier: Self.answer, solution: solution).write(in: station.scratch)
            let trial = try await station.run(task).trial
            #expect(trial.verdict?.outcome == (isSolved ? .passed : .failed), "\(solution)")
            let actions = try await station.events(of: trial.summary.trial).compactMap { event in
                if case .action(let record) = event.body, record.phase == .agent { record } else { nil }
            }
            return try #require(actions.first)
        }
        let named = try await action("#!/usr/bin/perl\nopen F, '>/app/answer'; print F \"yes\\n\";", isSolved: true)
        #expect(named.request.argv == ["/solution/solve.sh"] && named.exit == .exited(code: 0))
        // As where Harbor runs it: without a name it is for bash.
        let nameless = try await action("x=(no yes); echo ${x[1]} > /app/answer\n", isSolved: true)
        #expect(nameless.exit == .exited(code: 0) && nameless.request.displayText == "/solution/solve.sh")
        let missing = try await action("#!/no/such/program\n", isSolved: false)
        guard case .notStarted(let reason, let code) = missing.exit else {
            Issue.record("\(missing.exit)")
            return
        }
        #expect(
            code == Int(ENOENT) && reason.contains("/solution/solve.sh: there is no such file, or not the interpreter")
        )
    }

    @Test func aVerifierThatDisagreesWithItselfIsNamed() async throws {
        let station = try await Station.start()
        let verifier = """
            #!/bin/sh
            printf '{"reward": 1, "luck": 0.%d}' "0x$(cut -c 1-6 /proc/sys/kernel/random/uuid)" \
            > /logs/verifier/reward.json
            """
        let task = try MadeTask(verifier: verifier).write(in: station.scratch)
        let trial = try await station.run(task).trial
        #expect(trial.verdict?.outcome == .passed)
        let (again, status) = try await station.json(
            TrialVerify.Result.self,
            ["verify", trial.summary.trial, "--repeat", "2"]
        )
        #expect(!again.deterministic)
        #expect(again.disagreements.contains { $0.contains("luck") })
        #expect(status == 5)
    }

    /// A verifier that asks a service which the agent was to start.
    private static let service = MadeTask(
        name: "service",
        verifier: """
            #!/bin/sh
            python3 -c 'import urllib.request as r; r.urlopen("http://127.0.0.1:8080/answer")' && reward=1
            echo "${reward:-0}" > /logs/verifier/reward.txt
            """,
        solution: """
            #!/bin/sh
            cd /app && echo yes > answer
            setsid python3 -m http.server 8080 </dev/null >/dev/null 2>&1 &
            until python3 -c 'import urllib.request as r; r.urlopen("http://127.0.0.1:8080")'; do sleep 0.1; done
            """
    )

    @Test func aServiceLivesOnOnlyWhereTheTaskOrTheCallerSaysSo() async throws {
        let station = try await Station.start()
        let silent = try Self.service.write(in: station.scratch)
        let alone = try await station.run(silent)
        #expect(alone.status == 4 && alone.trial.verdict?.mode == .isolated)
        #expect(alone.trial.verdict?.evidence.listeningPorts == [8080])
        let asked = try await station.run(silent, ["--verifier-mode", "shared"])
        #expect(asked.status == 0 && asked.trial.verdict?.mode == .shared)
        // Its processes cannot be brought back.
        let again = try await station.control(["verify", asked.trial.summary.trial])
        #expect(again.status == 1 && again.errors.contains("shared"))

        var stated = Self.service
        stated.verifierMode = "shared"
        let task = try stated.write(in: station.scratch)
        let shared = try await station.run(task)
        #expect(shared.status == 0 && shared.trial.verdict?.mode == .shared)
        #expect(shared.trial.verdict?.evidence.survivors == 0)
        #expect(try await station.run(task, ["--verifier-mode", "isolated"]).status == 4)
        #expect(try await station.run(task, ["--agent", "nop"]).trial.verdict?.mode == .isolated)
    }

    /// Otherwise every agent that runs Python as root would look like a forger.
    @Test func ordinaryPythonChangesNothingOfTheSystem() async throws {
        let station = try await Station.start()
        let task = try MadeTask(verifier: Self.answer).write(in: station.scratch)
        let run =
            "python3 -c 'import csv, json, sqlite3, subprocess, ctypes, ssl, unittest, venv'; echo yes > /app/answer"
        let (trial, status) = try await station.replay([run], on: task)
        #expect(status == 0)
        #expect(trial.verdict?.evidence.suspicious == [])
        #expect(trial.verdict?.evidence.changedOutside == [])
    }

    @Test func theAgentsTimeEndsAndTheVerifierStillSpeaks() async throws {
        let station = try await Station.start()
        let task = try MadeTask(
            verifier: Self.answer,
            solution: "#!/bin/sh\necho yes > /app/answer\nsleep 600\n",
            agentSeconds: 1
        ).write(in: station.scratch)
        let (trial, status) = try await station.run(task)
        #expect(trial.exception?.type == "AgentTimeoutError")
        #expect(trial.verdict?.outcome == .passed)
        #expect(status == 0)
    }

    @Test func theVerifiersTimeEndsWithoutAGuess() async throws {
        let station = try await Station.start()
        let verifier = "#!/bin/sh\necho 1 > /logs/verifier/reward.txt\nsleep 600\n"
        let task = try MadeTask(verifier: verifier, verifierSeconds: 1).write(in: station.scratch)
        let (trial, status) = try await station.run(task)
        #expect(trial.verdict?.outcome == .unverifiable)
        #expect(trial.verdict?.exception == "VerifierTimeoutError")
        #expect(trial.verdict?.reward == nil)
        #expect(status == 5)
    }

    /// What a verifier leaves, and Harbor's name for it.
    static let unusable: [(script: String, exception: String)] = [
        ("true", "RewardFileNotFoundError"),
        (": > reward.txt", "RewardFileEmptyError"),
        ("echo '  ' > reward.txt", "RewardFileEmptyError"),
        (": > reward.json", "RewardFileEmptyError"),
        ("echo nan > reward.txt", "VerifierOutputParseError"),
        ("echo inf > reward.txt", "VerifierOutputParseError"),
        ("echo -Infinity > reward.txt", "VerifierOutputParseError"),
        ("echo passed > reward.txt", "VerifierOutputParseError"),
        ("echo '{\"reward\": NaN}' > reward.json", "VerifierOutputParseError"),
        ("echo '{\"reward\": 1e999}' > reward.json", "VerifierOutputParseError"),
        ("echo '[1]' > reward.json", "VerifierOutputParseError"),
        ("echo '{}' > reward.json; echo 1 > reward.txt", "VerifierOutputParseError"),
        ("mkfifo reward.json", "VerifierOutputParseError"),
        ("ln -s /etc/passwd reward.json", "VerifierOutputParseError"),
        ("mkdir reward.txt", "VerifierOutputParseError"),
        ("truncate -s 4G reward.txt", "VerifierOutputParseError"),
    ]

    @Test func aRewardThatIsNoneIsNeverGuessed() async throws {
        let station = try await Station.start()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, (script, exception)) in Self.unusable.enumerated() {
                // Two at a time, as many as the machine has cores.
                if index >= 2 { try await group.next() }
                let task = try MadeTask(verifier: "#!/bin/sh\ncd /logs/verifier\n\(script)\n").write(
                    in: station.scratch
                )
                group.addTask {
                    let (trial, status) = try await station.run(task, ["--agent", "nop"])
                    #expect(trial.verdict?.outcome == .unverifiable, "\(script)")
                    #expect(trial.verdict?.exception == exception, "\(script)")
                    #expect(trial.verdict?.rewards.isEmpty == true, "\(script)")
                    #expect(status == 5, "\(script)")
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func aReplayedActionHasItsEnvironmentAndTheRecordOnlyTheName() async throws {
        let station = try await Station.start()
        try station.scratch.write(
            "replay.json",
            #"{"actions": [{"shell": "echo got $SECRET", "environment": {"SECRET": "hunter2"}}]}"#
        )
        let path = station.scratch.path + "/replay.json"
        let run = try await station.json(Report.self, ["run", Repository.helloWorld, "--replay", path]).value
        let trial = try #require(run.trials.first).summary.trial
        let logs = try await station.control(["logs", trial, "--action", "1"])
        #expect(logs.output.contains("got hunter2"), "\(logs.output)\(logs.errors)")
        let record = try await station.control(["show", trial, "--json"])
        #expect(record.output.contains("SECRET") && !record.output.contains("hunter2"))
    }

    /// What `run --json` prints, as far as it is looked at.
    private struct Report: Decodable {
        var trials: [TrialDetail]
    }

}
