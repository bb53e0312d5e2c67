import Wire

/// The files of a trial directory in Harbor's shapes (its models ignore unknown keys, ATIF's do not).
enum HarborTrial {
    /// `config.json`, and `config` in `result.json`: only what is not Harbor's default.
    struct Config: Encodable {
        var task: Task
        var trialName: String
        var trialsDirectory: String
        var timeoutMultiplier: Double
        var agent: Agent
        var environment: Environment
        var jobID: String

        enum CodingKeys: String, CodingKey {
            case task, agent, environment
            case trialName = "trial_name"
            case trialsDirectory = "trials_dir"
            case timeoutMultiplier = "timeout_multiplier"
            case jobID = "job_id"
        }
    }

    struct Task: Encodable, Hashable { var path: String }

    struct Agent: Encodable, Hashable { var name: String }

    /// Harbor takes a missing type for `docker`; the import path says who it was instead.
    struct Environment: Encodable {
        var importPath = "executord:Environment"
        var options: Options?

        enum CodingKeys: String, CodingKey {
            case importPath = "import_path"
            case options = "kwargs"
        }
    }

    struct Options: Encodable {
        var image: String?
        var verifierMode: VerifierMode
        var allowUnenforced: Bool
        var network: NetworkKind?

        enum CodingKeys: String, CodingKey {
            case image, network
            case verifierMode = "verifier_mode"
            case allowUnenforced = "allow_unenforced"
        }
    }

    /// `lock.json`, schema version 2.
    struct Lock: Encodable {
        var schemaVersion = 2
        var task: LockedTask
        var timeoutMultiplier: Double
        var agent: Agent
        var environment: Environment
        var verifier = LockedVerifier()

        enum CodingKeys: String, CodingKey {
            case task, agent, environment, verifier
            case schemaVersion = "schema_version"
            case timeoutMultiplier = "timeout_multiplier"
        }
    }

    struct LockedTask: Encodable {
        var name: String
        var type = "local"
        var digest: String
        var path: String
    }

    /// Our isolated and shared modes both verify on the agent's own file system, which Harbor calls shared.
    struct LockedVerifier: Encodable {
        var environmentMode = "shared"

        enum CodingKeys: String, CodingKey { case environmentMode = "environment_mode" }
    }

    /// `result.json` of a trial that has ended.
    struct Result: Encodable {
        var id: String
        var taskName: String
        var trialName: String
        var trialURI: String
        var taskID: Task
        var taskChecksum: String
        var config: Config
        var agentInfo: AgentInfo
        var agentResult: AgentResult
        var verifierResult: VerifierResult?
        var verifierEnvironmentMode: String?
        var exceptionInfo: ExceptionInfo?
        var startedAt: Timestamp?
        var finishedAt: Timestamp?
        var environmentSetup: Timing?
        var agentExecution: Timing?
        var verifier: Timing?
        /// nil for a task without steps.
        var stepResults: [StepResult]?

        enum CodingKeys: String, CodingKey {
            case id, config, verifier
            case stepResults = "step_results"
            case taskName = "task_name"
            case trialName = "trial_name"
            case trialURI = "trial_uri"
            case taskID = "task_id"
            case taskChecksum = "task_checksum"
            case agentInfo = "agent_info"
            case agentResult = "agent_result"
            case verifierResult = "verifier_result"
            case verifierEnvironmentMode = "verifier_environment_mode"
            case exceptionInfo = "exception_info"
            case startedAt = "started_at"
            case finishedAt = "finished_at"
            case environmentSetup = "environment_setup"
            case agentExecution = "agent_execution"
        }
    }

    /// One of `step_results`.
    struct StepResult: Encodable {
        var stepName: String
        var agentResult: AgentResult
        var verifierResult: VerifierResult?
        var exceptionInfo: ExceptionInfo?
        var agentExecution: Timing?
        var verifier: Timing?

        enum CodingKeys: String, CodingKey {
            case verifier
            case stepName = "step_name"
            case agentResult = "agent_result"
            case verifierResult = "verifier_result"
            case exceptionInfo = "exception_info"
            case agentExecution = "agent_execution"
        }
    }

    struct AgentInfo: Encodable {
        var name: String
        var version: String
    }

    /// No tokens and no money are known of an agent that was only seen to act.
    struct AgentResult: Encodable { var metadata: Metadata }

    /// What Harbor has no field for.
    struct Metadata: Encodable {
        /// nil of a step.
        var phase: TrialPhase?
        var actions: Int
        var verdict: Verdict?
    }

    struct VerifierResult: Encodable { var rewards: [String: Double] }

    struct ExceptionInfo: Encodable {
        var type: String
        var message: String
        var traceback: String
        var occurredAt: Timestamp

        enum CodingKeys: String, CodingKey {
            case type = "exception_type"
            case message = "exception_message"
            case traceback = "exception_traceback"
            case occurredAt = "occurred_at"
        }
    }

    struct Timing: Encodable {
        var startedAt: Timestamp
        var finishedAt: Timestamp?

        enum CodingKeys: String, CodingKey {
            case startedAt = "started_at"
            case finishedAt = "finished_at"
        }
    }
}
