/// Which trials of a job are tried again, and after how long; by Harbor's exception names (its error classes, 0.25).
package struct RetryPolicy: Codable, Sendable, Hashable {
    /// How often a trial is tried again; 0 is never.
    package var maximum: Int
    /// Only these exceptions are tried again; empty: all but the excluded ones.
    package var include: [String]
    /// These are not, whatever `include` says.
    package var exclude: [String]
    /// The wait before the first retry, in seconds.
    package var minimumSeconds: Double
    /// No wait is longer.
    package var maximumSeconds: Double
    /// Each further wait is so many times the one before.
    package var multiplier: Double

    package init(
        maximum: Int = 0,
        include: [String] = [],
        exclude: [String] = RetryPolicy.notRetried,
        minimumSeconds: Double = 1,
        maximumSeconds: Double = 60,
        multiplier: Double = 1
    ) {
        self.maximum = maximum
        self.include = include
        self.exclude = exclude
        self.minimumSeconds = minimumSeconds
        self.maximumSeconds = maximumSeconds
        self.multiplier = multiplier
    }

    /// Members that are absent have their defaults.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            maximum: try container.decodeIfPresent(Int.self, forKey: .maximum) ?? 0,
            include: try container.decodeIfPresent([String].self, forKey: .include) ?? [],
            exclude: try container.decodeIfPresent([String].self, forKey: .exclude) ?? Self.notRetried,
            minimumSeconds: try container.decodeIfPresent(Double.self, forKey: .minimumSeconds) ?? 1,
            maximumSeconds: try container.decodeIfPresent(Double.self, forKey: .maximumSeconds) ?? 60,
            multiplier: try container.decodeIfPresent(Double.self, forKey: .multiplier) ?? 1
        )
    }

    /// Whether a trial that ended with this exception is tried again after so many retries.
    package func retries(_ exception: String, after retries: Int) -> Bool {
        retries < maximum && !exclude.contains(exception) && (include.isEmpty || include.contains(exception))
    }

    /// The wait before the next retry when there were so many, in seconds: minimum times multiplier to the power of it.
    package func wait(after retries: Int) -> Double {
        var wait = minimumSeconds
        for _ in 0..<max(0, retries) where wait < maximumSeconds { wait *= multiplier }
        return min(max(0, wait), maximumSeconds)
    }

    /// What a retry cannot mend, from Harbor's table of failure classes; what it does not name is retried.
    ///
    /// These are budgets that ran out, refusals, verifiers that failed, requests that a model provider never takes, and
    /// set-ups that never work.
    package static let notRetried = [
        "APIResponseValidationError", "AgentAuthenticationError", "AgentSafetyRefusalError", "AgentTimeoutError",
        "ApiProviderResourceNotFoundError", "AuthenticationError", "BadRequestError", "BudgetExceededError",
        "CancelledError", "ContentPolicyViolationError", "ContextLengthExceededError", "ContextWindowExceededError",
        "DspyImportError", "MissingExtraError", "ModelNotFoundError", "NotFoundError", "OutputLengthExceededError",
        "OutputTokenExceededError", "PermissionDeniedError", "RegradeError", "RewardFileEmptyError",
        "RewardFileNotFoundError", "ServiceOperationsUnsupportedError", "UnprocessableEntityError",
        "UnsupportedParamsError", "VercelScopeError", "VerifierOutputParseError", "VerifierTimeoutError",
    ]
}
