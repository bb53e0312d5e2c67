package import Sandbox
package import SandboxPlan
package import Wire

/// Where a verifier runs: what it needs of a sandbox.
package protocol VerificationSite: Sendable {
    func run(_ action: SandboxAction) async throws(SandboxError) -> ActionResult
    func collect(_ path: String, limits: TreeLimits) async throws(SandboxError) -> CollectedTree
}

extension RunningSandbox: VerificationSite {}

/// How a task wants to be verified.
package struct VerifierSettings: Sendable {
    /// Of the task, templates resolved.
    package var environment: [String: String]
    package var user: UserSelection
    package var workingDirectory: String
    /// nil is unlimited.
    package var timeout: Duration?
    package var profile: ConfinementProfile
    package var resourceLimits: [ResourceLimit]

    package init(
        environment: [String: String],
        user: UserSelection,
        workingDirectory: String,
        timeout: Duration?,
        profile: ConfinementProfile,
        resourceLimits: [ResourceLimit]
    ) {
        self.environment = environment
        self.user = user
        self.workingDirectory = workingDirectory
        self.timeout = timeout
        self.profile = profile
        self.resourceLimits = resourceLimits
    }
}

/// What one run of a verifier gave.
package struct VerifierReport: Sendable {
    package var reading: RewardReading
    package var tests: [TestResult]
    /// The action that ran test.sh.
    package var action: ActionResult
    /// Everything in /logs/verifier.
    package var files: CollectedTree
}

/// Runs `tests/test.sh` by Harbor's contract and reads what it left in /logs/verifier.
package struct VerifierRun: Sendable {
    /// Always the same, whatever the host's: what a verdict may depend on is the task and the agent's layer.
    package static let pinnedEnvironment = [
        "PATH": ImageSettings.path, "HOME": "/root", "TZ": "UTC",
        "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TERM": "dumb", "PYTHONNOUSERSITE": "1",
        "PYTHONDONTWRITEBYTECODE": "1", "DEBIAN_FRONTEND": "noninteractive",
    ]
    /// What makes Python compile everything by itself; see its option -X pycache_prefix.
    package static let withoutBytecode = ["PYTHONPYCACHEPREFIX": "/nonexistent"]
    /// The command as it is recorded: Harbor's, without a shell that only waits.
    package static let command = "exec /tests/test.sh > /logs/verifier/test-stdout.txt 2>&1"
    private static let limits = TreeLimits(
        entries: 5_000,
        depth: 32,
        fileBytes: 16 << 20,
        totalBytes: 64 << 20,
        contents: true
    )
    /// A reward is a number or a small object: a larger file is not one.
    private static let maximumRewardBytes = 1 << 20

    package let settings: VerifierSettings
    private let ended: @Sendable () async -> Void

    /// `ended` is told when test.sh has ended, before what it left is looked at.
    package init(_ settings: VerifierSettings, ended: @escaping @Sendable () async -> Void = {}) {
        self.settings = settings
        self.ended = ended
    }

    package func run(in site: some VerificationSite) async throws(SandboxError) -> VerifierReport {
        let action = try await site.run(
            SandboxAction(
                argv: ["/bin/sh", "-c", Self.command],
                environment: Self.pinnedEnvironment.merging(settings.environment) { _, task in task },
                workingDirectory: settings.workingDirectory,
                user: settings.user,
                profile: settings.profile,
                timeout: settings.timeout,
                resourceLimits: settings.resourceLimits
            )
        )
        await ended()
        let files = try await site.collect("/logs/verifier", limits: Self.limits)
        return VerifierReport(
            reading: reading(action, files),
            tests: readCTRF(files.file("ctrf.json")?.content),
            action: action,
            files: files
        )
    }

    private func reading(_ action: ActionResult, _ files: CollectedTree) -> RewardReading {
        switch action.end {
        case .timedOut:
            return .unverifiable(
                exception: "VerifierTimeoutError",
                reason: "the verifier did not end within \(settings.timeout.map { "\($0)" } ?? "its time")"
            )
        case .outOfMemory:
            return .unverifiable(
                exception: "MemoryLimitExceededError",
                reason: "the verifier was killed at its memory limit"
            )
        case .cancelled: return .unverifiable(exception: "CancelledError", reason: "the verifier was cancelled")
        default: break
        }
        for name in ["reward.json", "reward.txt"] {
            let path = Array(name.utf8)
            guard let item = files.items.first(where: { $0.entry.path == path }) else { continue }
            guard item.entry.kind == .file, item.entry.size <= Self.maximumRewardBytes else {
                return .unverifiable(
                    exception: RewardReading.unparsable,
                    reason: "/logs/verifier/\(name) is not a regular file of at most 1 MiB"
                )
            }
        }
        return readRewards(json: files.file("reward.json")?.content, text: files.file("reward.txt")?.content)
    }
}
