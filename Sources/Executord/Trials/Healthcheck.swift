import Sandbox
import SandboxPlan
import Tasks
import Wire

/// Docker's HEALTHCHECK: the sandbox is ready when the command succeeds.
enum Healthcheck {
    /// Waits for the first success.
    ///
    /// - Throws: `HealthcheckError` (Harbor's name) after too many failures in a row beyond the start period.
    static func await(_ check: Tasks.Healthcheck?, _ session: TrialSession) async throws {
        guard let check else { return }
        let clock = ContinuousClock()
        let begin = clock.now
        var failures = 0
        while true {
            let result = try await session.sandbox.run(
                SandboxAction(
                    argv: ["/bin/sh", "-c", check.command],
                    environment: session.settings.baseEnvironment,
                    workingDirectory: session.settings.workingDirectory,
                    user: session.settings.agentUser,
                    profile: session.profiles.forTask(user: session.settings.agentUser),
                    timeout: check.timeout,
                    resourceLimits: session.settings.resourceLimits
                )
            )
            if result.end == .exited(code: 0) { return }
            let isStarting = clock.now - begin < check.startPeriod
            if !isStarting { failures += 1 }
            guard failures < max(1, check.retries) else {
                throw WireError(
                    .sandboxFailed,
                    "the healthcheck failed \(failures) times: \(check.command)",
                    reason: "HealthcheckError"
                )
            }
            try await Task.sleep(for: isStarting ? check.startInterval : check.interval)
        }
    }
}
