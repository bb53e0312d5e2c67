/// A command that tells when the environment is ready, with Docker's HEALTHCHECK semantics.
package struct Healthcheck: Sendable, Hashable, Decodable {
    /// Shell command; status 0 means healthy.
    package let command: String
    package let interval: Duration
    /// Limit of one run.
    package let timeout: Duration
    /// Failures this soon after the start do not count.
    package let startPeriod: Duration
    /// Interval during the start period.
    package let startInterval: Duration
    /// Consecutive failures after which the environment counts as broken.
    package let retries: Int

    private enum CodingKeys: String, CodingKey {
        case command, retries
        case interval = "interval_sec"
        case timeout = "timeout_sec"
        case startPeriod = "start_period_sec"
        case startInterval = "start_interval_sec"
    }

    package init(from decoder: any Decoder) throws {
        let table = try decoder.container(keyedBy: CodingKeys.self)
        command = try table.decode(String.self, forKey: .command)
        guard !command.isEmpty, !command.utf8.contains(0) else {
            throw table.invalid(.command, "is not a command that a shell can run")
        }
        interval = try table.seconds(.interval, default: 5)
        timeout = try table.seconds(.timeout, default: 30)
        startPeriod = try table.seconds(.startPeriod, default: 0)
        startInterval = try table.seconds(.startInterval, default: 5)
        retries = try table.decodeIfPresent(Int.self, forKey: .retries) ?? 3
        guard retries > 0 else { throw table.invalid(.retries, "is \(retries); it must be at least 1") }
    }
}
