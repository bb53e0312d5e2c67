import Sandbox
import SandboxPlan
import Tasks
import Verifier
import Wire

/// What a trial's sandboxes need to know of its task: limits, users, environment, with templates resolved.
struct TrialSettings: Sendable {
    let workingDirectory: String
    let agentUser: UserSelection
    let verifierUser: UserSelection
    /// Of every command in the sandbox.
    let environment: [String: String]
    /// ENV of the image.
    let imageEnvironment: [String: String]
    let verifierEnvironment: [String: String]
    let solutionEnvironment: [String: String]
    let agentTimeout: Duration?
    let verifierTimeout: Duration?
    let startTimeout: Duration?
    let limits: CgroupLimits
    let layerBytes: UInt64
    let layerInodes: UInt64
    let resourceLimits: [ResourceLimit]
    /// Of the phase that these are for.
    let network: NetworkPolicy

    var inForce: LimitsInForce {
        LimitsInForce(group: limits, layerBytes: layerBytes, layerInodes: layerInodes)
    }

    /// Fails when a template names a variable that was not given.
    init(
        _ task: TaskDefinition,
        image: ImageSettings = ImageSettings(),
        templates: [String: String],
        multiplier: Double,
        defaults: LimitDefaults,
        network: NetworkPolicy = .closed
    ) throws(HostTemplate.MissingVariable) {
        self.network = network
        workingDirectory = task.environment.workingDirectory ?? image.workingDirectory ?? "/"
        agentUser = Self.user(task.agent.user, image)
        verifierUser = Self.user(task.verifier.user, image)
        imageEnvironment = image.environment
        environment = try HostTemplate.resolve(task.environment.variables, with: templates)
        verifierEnvironment = try HostTemplate.resolve(task.verifier.variables, with: templates)
        solutionEnvironment = try HostTemplate.resolve(task.solutionVariables, with: templates)
        // A task's own are bounded; the product may be beyond what a clock can count to.
        func multiplied(_ timeout: Duration) -> Duration {
            .seconds(min(timeout.milliseconds / 1000 * multiplier, SubmissionRules.maximumSeconds))
        }
        agentTimeout = task.agent.timeout.map(multiplied)
        verifierTimeout = task.verifier.timeout.map(multiplied)
        startTimeout = task.environment.startTimeout
        limits = CgroupLimits(
            memoryBytes: task.environment.memoryBytes.map { Int($0) } ?? defaults.memoryBytes,
            processes: defaults.processes,
            cpus: task.environment.cpus
        )
        layerBytes = UInt64(task.environment.storageBytes.map { Int($0) } ?? defaults.storageBytes)
        layerInodes = UInt64(defaults.inodes)
        resourceLimits = defaults.resourceLimits
    }

    /// None is the image's USER, else root; a number is looked up, too, for its group.
    private static func user(_ user: TaskUser?, _ image: ImageSettings) -> UserSelection {
        user.map { .name($0.text) } ?? image.selection
    }

    /// What every command finds in its environment before the task's own variables.
    var baseEnvironment: [String: String] {
        [
            "PATH": ImageSettings.path, "HOME": "/root", "TERM": "dumb",
            "LANG": "C.UTF-8", "TZ": "UTC",
        ].merging(imageEnvironment) { _, image in image }.merging(network.environment) { _, own in own }
            .merging(environment) { _, task in task }
    }
}

/// Limits of a trial whose task does not say; from the configuration.
struct LimitDefaults: Sendable, Codable, Hashable {
    var memoryBytes = 2 << 30
    var processes = 512
    var storageBytes = 256 << 20
    /// One to 8 KiB of the default layer, as tmpfs has by itself; see tmpfs(5).
    var inodes = 32_768
    var openFiles = 4096

    /// RLIMIT_NOFILE and RLIMIT_CORE; see setrlimit(2).
    var resourceLimits: [ResourceLimit] {
        [ResourceLimit(resource: 7, value: UInt64(openFiles)), ResourceLimit(resource: 4, value: 0)]
    }
}

extension ImageSettings {
    /// Whom USER names: a name, a number, or either with a group, which counts where both are numbers.
    var selection: UserSelection {
        guard let user else { return .ids(uid: 0, gid: 0) }
        let parts = user.split(separator: ":", maxSplits: 1)
        if parts.count == 2, let uid = UInt32(parts[0]), let gid = UInt32(parts[1]) { return .ids(uid: uid, gid: gid) }
        return .name(parts.first.map(String.init) ?? "0")
    }
}
