import Client
import Wire

/// What an ACP agent says, gathered from its chunks and recorded in the trajectory.
struct ACPTranscript {
    let session: SessionInfo
    let connection: Connection
    private var text = ""
    private var thought = ""
    private var calls: [String] = []
    private var cost: Double?

    init(session: SessionInfo, connection: Connection) {
        self.session = session
        self.connection = connection
    }

    /// Takes one `session/update`.
    mutating func take(_ update: JSONValue) throws {
        let chunk = update["content"]?["text"]?.text ?? ""
        switch update["sessionUpdate"]?.text {
        case "agent_message_chunk": text += chunk
        case "agent_thought_chunk": thought += chunk
        case "tool_call":
            let kind = update["kind"]?.text ?? "other"
            calls.append("\(kind): \(update["title"]?.text ?? "")")
        case "usage_update": cost = update["cost"]?["amount"]?.number ?? cost
        default: break
        }
    }

    /// Records what was said since the last time.
    mutating func flush(extra: [String: String] = [:], metrics: AgentMessage.Metrics? = nil) throws {
        guard !text.isEmpty || !thought.isEmpty || !calls.isEmpty || !extra.isEmpty || metrics != nil else { return }
        var extra = extra
        if !calls.isEmpty { extra["tool_calls"] = calls.joined(separator: "\n") }
        let message = AgentMessage(
            source: .agent,
            text: text,
            reasoning: thought.isEmpty ? nil : thought,
            metrics: metrics,
            extra: extra.isEmpty ? nil : extra
        )
        (text, thought, calls) = ("", "", [])
        _ = try connection.call(SessionMessage.self, .init(session: session.session, message: message))
    }

    /// Records the end of its turn, with what that cost.
    mutating func finish(stopReason: String?, usage: JSONValue?) throws {
        let metrics = AgentMessage.Metrics(
            promptTokens: usage?["inputTokens"]?.integer,
            completionTokens: usage?["outputTokens"]?.integer,
            cachedTokens: usage?["cachedReadTokens"]?.integer,
            costUSD: cost
        )
        let isKnown = usage?["totalTokens"] != nil || cost != nil
        try flush(extra: ["stop_reason": stopReason ?? "unknown"], metrics: isKnown ? metrics : nil)
    }
}
