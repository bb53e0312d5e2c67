/// What an agent said beside its actions, for the trajectory.
package struct AgentMessage: Codable, Sendable, Hashable {
    package enum Source: String, Codable, Sendable {
        case agent, user, system
    }
    package var source: Source
    package var text: String
    /// The model's thoughts, where it shows them.
    package var reasoning: String?
    package var model: String?
    package var metrics: Metrics?
    /// Whatever else the agent's program knows, by name.
    package var extra: [String: String]?

    /// What a model call cost.
    package struct Metrics: Codable, Sendable, Hashable {
        package var promptTokens: Int?
        package var completionTokens: Int?
        package var cachedTokens: Int?
        /// In US dollars.
        package var costUSD: Double?

        package init(
            promptTokens: Int? = nil,
            completionTokens: Int? = nil,
            cachedTokens: Int? = nil,
            costUSD: Double? = nil
        ) {
            self.promptTokens = promptTokens
            self.completionTokens = completionTokens
            self.cachedTokens = cachedTokens
            self.costUSD = costUSD
        }
    }

    package init(
        source: Source,
        text: String,
        reasoning: String? = nil,
        model: String? = nil,
        metrics: Metrics? = nil,
        extra: [String: String]? = nil
    ) {
        self.source = source
        self.text = text
        self.reasoning = reasoning
        self.model = model
        self.metrics = metrics
        self.extra = extra
    }
}
