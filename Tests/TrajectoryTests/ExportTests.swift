import ATIFRules
import FoundationEssentials
import Glibc
import Testing
import Wire

@testable import Trajectory

@Suite struct ExportTests {
    let state: StateDirectory
    let store: Store

    init() throws {
        state = try StateDirectory()
        store = try state.open()
    }

    private func export(_ trials: [String]) async throws -> String {
        let exporter = TrialExporter(store: store, version: "0.1.0")
        let parent = state.path + "/export-\(UUID().uuidString)"
        try FileOperations.makeDirectory(parent)
        let result = try await exporter.export(trials, below: parent, destination: "/home/me/my jobs") { _ in
            TaskInstructions(whole: "Do it.\n\u{1}é", steps: ["one": "First.", "two": "Second."])
        }
        #expect(result.trials == trials.count)
        return "\(parent)/\(result.directory)"
    }

    private func json(_ path: String) throws -> JSONTree {
        try WireJSON.decode(JSONTree.self, from: try FileOperations.read(path, from: 0, limit: .max).bytes)
    }

    private func text(_ path: String) throws -> String {
        String(decoding: try FileOperations.read(path, from: 0, limit: .max).bytes, as: UTF8.self)
    }

    /// Actions of every kind, with outputs of every kind.
    private func actions() async throws -> [ActionRecord] {
        let large = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
        let nasty = Array("\u{0}\u{1b}[31m \u{2028} 🤖\n".utf8)
        return [
            .sample(number: 1, request: ActionRequest(argv: ["/bin/ls", "-l", ""], cwd: "/a b", timeoutSeconds: 2.5)),
            .sample(
                number: 2,
                request: ActionRequest(
                    argv: ["/bin/sh", "-c", "make"],
                    shell: "make",
                    environment: ["TOKEN": ""],
                    user: "nobody"
                ),
                exit: .exited(code: 2),
                stdout: try await store.storeOutput(head: nasty, total: nasty.count),
                stderr: try await store.storeOutput(head: large, tail: large, total: 1_000_000)
            ),
            .sample(
                number: 3,
                request: ActionRequest(argv: ["/bin/bash", "-c", "id"], shell: "id", background: true),
                exit: .running,
                stdout: OutputRecord()
            ),
            .sample(number: 4, exit: .limit(.memory)),
            .sample(number: 5, exit: .notStarted(reason: "no such file", errno: 2), stdout: OutputRecord()),
        ]
    }

    @Test func theTrajectoryKeepsATIFsRulesAndRoundTrips() async throws {
        let actions = try await actions()
        let trial = try await store.finishedTrial(actions: actions)
        let directory = try await export([trial])
        let path = "\(directory)/\(trial)/agent/trajectory.json"
        let document = try json(path)
        #expect(ATIFRules.broken(by: document) == [])
        let steps = try #require(document["steps"]?.array)
        #expect(steps.count == 6, "the instruction and the agent's actions, not the verifier's")
        #expect(steps[0]["message"]?.text == "Do it.\n\u{1}é")
        #expect(steps.dropFirst().allSatisfy { $0["llm_call_count"]?.number == 0 })
        #expect(document["extra"]?["verdict"]?["outcome"]?.text == "passed")

        let results = steps.dropFirst().map { $0["observation"]?["results"]?[0] }
        #expect(results[0]?["content"]?.text == "hi\n")
        let failed = try #require(results[1]?["content"]?.text)
        #expect(failed.hasPrefix("\u{0}\u{1b}[31m \u{2028} 🤖\n[stderr]\n"))
        #expect(failed.contains("[\(1_000_000 - 65_536) bytes omitted]"))
        #expect(failed.hasSuffix("[exit status 2]"))
        #expect(results[1]?["extra"]?["exit_status"]?.number == 2)
        #expect(results[3]?["content"]?.text == "hi\n[killed: the memory limit fired]")
        let whole = try FileOperations.read("\(directory)/\(trial)/agent/outputs/2.stderr", from: 0, limit: .max)
        #expect(whole.size == 400_000)

        let replay = try ReplayFile(try FileOperations.read(path, from: 0, limit: .max).bytes)
        #expect(replay.actions == actions.map(\.request))
        #expect(replay.skipped.isEmpty)
    }

    @Test func anAgentThatDidNothingStillHasATrajectory() async throws {
        let trial = try await store.finishedTrial(.sample(agent: AgentSpec(kind: .nop)), actions: [])
        let directory = try await export([trial])
        let document = try json("\(directory)/\(trial)/agent/trajectory.json")
        #expect(ATIFRules.broken(by: document) == [])
        #expect(document["steps"]?.array?.count == 1)
    }

    @Test func trialResultsHaveWhatHarborRequires() async throws {
        let trial = try await store.finishedTrial()
        let directory = try await export([trial])
        #expect(directory.hasSuffix("/nightly"))
        let result = try json("\(directory)/\(trial)/result.json")
        let required: Set = [
            "task_name", "trial_name", "trial_uri", "task_id", "task_checksum", "config", "agent_info",
        ]
        #expect(required.isSubset(of: result.keys))
        #expect(result["trial_uri"]?.text == "file:///home/me/my%20jobs/nightly/\(trial)")
        #expect(result["task_checksum"]?.text?.count == 64)
        #expect(result["task_id"]?["path"]?.text == "/tasks/hello world")
        #expect(UUID(uuidString: result["id"]?.text ?? "") != nil)
        #expect(result["verifier_result"]?["rewards"] == .object(["reward": .number(1)]))
        #expect(result["exception_info"] == nil)
        #expect(result["verifier_environment_mode"]?.text == "shared")
        for phase in ["environment_setup", "agent_execution", "verifier"] {
            #expect(result[phase]?["started_at"]?.text != nil && result[phase]?["finished_at"]?.text != nil)
        }
        let config = try json("\(directory)/\(trial)/config.json")
        #expect(config == result["config"])
        #expect(config["task"]?["path"]?.text == "/tasks/hello world" && config["trial_name"]?.text == trial)
        let lock = try json("\(directory)/\(trial)/lock.json")
        #expect(lock["schema_version"]?.number == 2)
        #expect(lock["task"]?["digest"]?.text == TrialConfiguration.sample().taskDigest)
        #expect(try json("\(directory)/\(trial)/artifacts/manifest.json") == .array([]))
        #expect(try text("\(directory)/\(trial)/trial.log").split(separator: "\n").count == 9)
        #expect(!FileOperations.exists("\(directory)/\(trial)/exception.txt"))
    }

    @Test func unverifiableIsAnExceptionAndNoReward() async throws {
        let verdict = Verdict(
            outcome: .unverifiable,
            rewards: [:],
            exception: "RewardFileEmptyError",
            message: "reward.txt is empty",
            mode: .isolated,
            tests: [],
            evidence: Evidence()
        )
        let trial = try await store.finishedTrial(verdict: verdict)
        let directory = try await export([trial])
        let result = try json("\(directory)/\(trial)/result.json")
        #expect(result["verifier_result"] == nil)
        #expect(result["exception_info"]?["exception_type"]?.text == "RewardFileEmptyError")
        #expect(
            result["exception_info"]?.keys.isSuperset(of: ["exception_message", "exception_traceback", "occurred_at"])
                == true
        )
        #expect(try text("\(directory)/\(trial)/exception.txt") == "RewardFileEmptyError: reward.txt is empty\n")
    }

    @Test func jobResultsFollowHarborsArithmetic() async throws {
        var trials: [String] = []
        for reward in [1.0, 0, 1, 1] { trials.append(try await store.finishedTrial(verdict: .sample(reward: reward))) }
        let failure = TrialException(
            type: "HealthcheckError",
            message: "no",
            remedy: "mend it",
            occurredAt: Timestamp.now()
        )
        trials.append(try await store.finishedTrial(verdict: nil, exception: failure))
        let waiting = try await store.submit(.sample(), owner: 1000, job: "nightly").trial
        let cancelled = try await store.submit(.sample(agent: AgentSpec(kind: .nop)), owner: 1000, job: "nightly").trial
        _ = try await store.finish(cancelled, phase: .cancelled)

        let directory = try await export(try await store.trials(ofJob: "nightly", visibleTo: 1000))
        let result = try json("\(directory)/result.json")
        #expect(result.keys.isSuperset(of: ["id", "started_at", "updated_at", "n_total_trials", "stats"]))
        #expect(result["finished_at"] == nil && result["n_total_trials"]?.number == 7)
        let stats = try #require(result["stats"])
        let counts = ["completed", "errored", "running", "pending", "cancelled"].map {
            stats["n_\($0)_trials"]?.number ?? stats["n_\($0)"]?.number
        }
        #expect(counts == [6, 2, 0, 1, 1])
        let eval = try #require(stats["evals"]?["oracle__adhoc"])
        #expect(eval["n_trials"]?.number == 4 && eval["n_errors"]?.number == 1)
        #expect(eval["metrics"] == .array([.object(["mean": .number(0.6)])]))
        #expect(eval["reward_stats"]?["reward"]?["1.0"]?.array?.count == 3)
        #expect(eval["reward_stats"]?["reward"]?["0.0"] == .array([.text(trials[1])]))
        #expect(eval["exception_stats"] == .object(["HealthcheckError": .array([.text(trials[4])])]))
        // n = 5 attempts, c = 3 passed: 1 - (2·1)/(5·4), and certainty from k = 3 on.
        #expect(eval["pass_at_k"] == .object(["2": .number(0.9), "4": .number(1), "5": .number(1)]))
        #expect(stats["evals"]?["nop__adhoc"]?["exception_stats"]?["CancelledError"] == .array([.text(cancelled)]))
        #expect(try json("\(directory)/lock.json")["trials"]?.array?.count == 7)
        #expect(try json("\(directory)/lock.json")["schema_version"]?.number == 3)
        #expect(try json("\(directory)/config.json")["job_name"]?.text == "nightly")
        #expect(try text("\(directory)/job.log").split(separator: "\n").count == 7)
        #expect(!FileOperations.exists("\(directory)/\(waiting)/result.json"))
        #expect(FileOperations.exists("\(directory)/\(waiting)/config.json"))
    }

    @Test func aPlannedJobTellsHowItWasRun() async throws {
        let task = JobTask(digest: TrialConfiguration.sample().taskDigest, name: "demo/hello-world", path: "/tasks/h")
        let plan = JobPlan(
            tasks: [task],
            agent: AgentSpec(kind: .oracle),
            attempts: 2,
            concurrency: 3,
            retry: RetryPolicy(maximum: 4, maximumSeconds: 9)
        )
        let job = try await store.createJob(plan, name: "planned", owner: 1)
        let failed = job.trials[0].trial
        _ = try await store.finish(failed, phase: .errored)
        _ = try await store.retry(failed, notBefore: nil, counts: true)
        let directory = try await export(try await store.trials(ofJob: job.uuid, visibleTo: 1))
        #expect(!FileOperations.exists("\(directory)/\(failed)"), "the last try counts")
        let config = try json("\(directory)/config.json")
        #expect(config["n_attempts"]?.number == 2 && config["n_concurrent_trials"]?.number == 3)
        #expect(config["retry"]?["max_retries"]?.number == 4 && config["retry"]?["max_wait_sec"]?.number == 9)
        let lock = try json("\(directory)/lock.json")
        #expect(lock["n_concurrent_trials"]?.number == 3 && lock["retry"]?["max_retries"]?.number == 4)
        #expect(lock["retry"]?["exclude_exceptions"]?.array?.contains(.text("AgentTimeoutError")) == true)
        let stats = try json("\(directory)/result.json")["stats"]
        #expect(stats?["n_retries"]?.number == 1 && stats?["n_pending_trials"]?.number == 2)
    }

    @Test func collectedFilesAreCopiedAsTheyAreAndLinksAreNot() async throws {
        let trial = try await store.finishedTrial()
        let files = store.filesDirectory(trial: trial)
        for part in ["agent", "verifier/deep", "artifacts/app"] { try FileOperations.makeDirectory("\(files)/\(part)") }
        let contents = [
            "verifier/test-stdout.txt": "ok\n\u{0}", "verifier/reward.txt": "1", "verifier/deep/x": "x",
            "agent/oracle.txt": "done", "agent/trajectory.json": "forged", "artifacts/app/out.txt": "out",
            "artifacts/manifest.json": "[]",
        ]
        for (path, text) in contents { try FileOperations.write(text: text, to: "\(files)/\(path)") }
        #expect(symlink("/etc/passwd", "\(files)/verifier/passwd") == 0)
        #expect(symlink("/etc", "\(files)/artifacts/etc") == 0)
        #expect(mkfifo("\(files)/agent/fifo", 0o600) == 0)
        let strange = "\(files)/artifacts/".utf8CString.dropLast() + [CChar(bitPattern: 0xff), 0]
        let descriptor = open(Array(strange), O_CREAT | O_WRONLY | O_CLOEXEC, 0o600)
        #expect(descriptor >= 0)
        close(descriptor)

        let target = try await export([trial]) + "/" + trial
        for (path, text) in contents where !path.hasSuffix(".json") {
            #expect(try self.text("\(target)/\(path)") == text)
        }
        #expect(ATIFRules.broken(by: try json("\(target)/agent/trajectory.json")) == [])
        for path in ["verifier/passwd", "artifacts/etc", "agent/fifo"] {
            var status = stat()
            #expect(lstat("\(target)/\(path)", &status) == -1)
        }
        let copied = "\(target)/artifacts/".utf8CString.dropLast() + [CChar(bitPattern: 0xff), 0]
        #expect(access(Array(copied), F_OK) == 0)
        #expect(try text("\(target)/trial.log").hasSuffix("export: 4 entries that are no plain files were left out\n"))
    }

    @Test(arguments: ["../../up", "..", "", "a/b", "naïve 🤖"])
    func jobNamesCannotLeaveTheDirectory(name: String) async throws {
        let trial = try await store.finishedTrial(job: name)
        let directory = try await export([trial])
        let own = String(directory.split(separator: "/").last ?? "")
        #expect(!own.isEmpty && !own.hasPrefix(".") && own.allSatisfy(\.isASCII))
        #expect(try json("\(directory)/config.json")["job_name"]?.text == name)
    }
}
