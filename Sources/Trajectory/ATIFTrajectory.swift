import Wire

/// A trajectory in the Agent Trajectory Interchange Format, as written; every object forbids keys of others' making
/// (formats: own data goes into `extra`).
struct ATIFTrajectory: Encodable {
    var schemaVersion = ATIF.version
    var sessionID: String
    var trajectoryID: String
    var agent: Agent
    var steps: [Step]
    var finalMetrics: FinalMetrics
    var extra: Extra

    enum CodingKeys: String, CodingKey {
        case agent, steps, extra
        case schemaVersion = "schema_version"
        case sessionID = "session_id"
        case trajectoryID = "trajectory_id"
        case finalMetrics = "final_metrics"
    }

    struct Agent: Encodable {
        var name: String
        var version: String
    }

    /// What the whole trial came to: beside the steps, for an agent does not see its verdict.
    struct Extra: Encodable {
        var trial: String
        var taskDigest: String
        var phase: TrialPhase
        var verdict: Verdict?
        var exception: TrialException?
        /// What the agent's programs asked of the network, refused requests among it; absent where they asked nothing.
        var network: [NetworkRequest]?

        enum CodingKeys: String, CodingKey {
            case trial, phase, verdict, exception, network
            case taskDigest = "task_digest"
        }
    }

    struct FinalMetrics: Encodable {
        var totalSteps: Int
        var promptTokens: Int?
        var completionTokens: Int?
        var cachedTokens: Int?
        var costUSD: Double?

        enum CodingKeys: String, CodingKey {
            case totalSteps = "total_steps"
            case promptTokens = "total_prompt_tokens"
            case completionTokens = "total_completion_tokens"
            case cachedTokens = "total_cached_tokens"
            case costUSD = "total_cost_usd"
        }
    }

    /// Of one step's model calls.
    struct Metrics: Encodable {
        var promptTokens: Int?
        var completionTokens: Int?
        var cachedTokens: Int?
        var costUSD: Double?

        enum CodingKeys: String, CodingKey {
            case promptTokens = "prompt_tokens"
            case completionTokens = "completion_tokens"
            case cachedTokens = "cached_tokens"
            case costUSD = "cost_usd"
        }
    }

    struct Step: Encodable {
        enum Source: String, Encodable { case system, user, agent }

        var stepID: Int
        var timestamp: Timestamp
        var source: Source
        var message: String
        var modelName: String?
        var reasoning: String?
        var metrics: Metrics?
        var extra: [String: String]?
        var toolCalls: [ToolCall]?
        var observation: Observation?
        /// 0: an action of which no model call is known.
        var llmCallCount: Int?

        enum CodingKeys: String, CodingKey {
            case timestamp, source, message, observation, metrics, extra
            case modelName = "model_name"
            case reasoning = "reasoning_content"
            case stepID = "step_id"
            case toolCalls = "tool_calls"
            case llmCallCount = "llm_call_count"
        }
    }

    struct ToolCall: Encodable {
        var toolCallID: String
        var functionName: String
        var arguments: ATIFArguments

        enum CodingKeys: String, CodingKey {
            case arguments
            case toolCallID = "tool_call_id"
            case functionName = "function_name"
        }
    }

    struct Observation: Encodable {
        var results: [Result]
    }

    struct Result: Encodable {
        var sourceCallID: String
        var content: String
        var extra: Facts

        enum CodingKeys: String, CodingKey {
            case content, extra
            case sourceCallID = "source_call_id"
        }
    }

    /// How the action ended, what it cost, what it did to the sandbox, and what of its outputs is not in the text.
    struct Facts: Encodable {
        var exit: String
        var exitStatus: Int?
        var cost: ActionCost
        var stdout: Stream
        var stderr: Stream
        var evidence: ActionEvidence?

        enum CodingKeys: String, CodingKey {
            case exit, cost, stdout, stderr, evidence
            case exitStatus = "exit_status"
        }
    }

    struct Stream: Encodable {
        var totalBytes: Int
        var omittedBytes: Int
        /// Digest of the kept bytes where the text is not all of them.
        var sha256: String?

        enum CodingKeys: String, CodingKey {
            case sha256
            case totalBytes = "total_bytes"
            case omittedBytes = "omitted_bytes"
        }
    }
}
