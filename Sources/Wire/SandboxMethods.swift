/// Runs one command in a fresh sandbox; only an embedded daemon of the same user accepts it.
///
/// Three descriptors are passed with the frame: the command's stdin, stdout and stderr. With `changes` a fourth:
/// the write end of a pipe that receives the changed tree of `work` as a tar stream.
package enum SandboxExec: Method {
    package static let name = "sandbox.exec"
    package struct Params: Codable, Sendable {
        package var argv: [String]
        package var image: String?
        /// Host directory that is the working directory inside, as a copy-on-write overlay.
        package var work: String?
        package var readOnly: [HostBind]
        package var environment: [String: String]
        package var limits: Limits
        /// `default`, `root` or `debug`.
        package var profile: String
        package var changes: Bool
        package var allowUnenforced: Bool
        /// nil is none.
        package var network: NetworkKind?
        /// With `allowlist`: names, `*.suffix`, addresses, ranges.
        package var allowedHosts: [String]?
        package init(
            argv: [String],
            image: String? = nil,
            work: String? = nil,
            readOnly: [HostBind] = [],
            environment: [String: String] = [:],
            limits: Limits = Limits(),
            profile: String = "default",
            changes: Bool = false,
            allowUnenforced: Bool = false,
            network: NetworkKind? = nil,
            allowedHosts: [String]? = nil
        ) {
            self.argv = argv
            self.image = image
            self.work = work
            self.readOnly = readOnly
            self.environment = environment
            self.limits = limits
            self.profile = profile
            self.changes = changes
            self.allowUnenforced = allowUnenforced
            self.network = network
            self.allowedHosts = allowedHosts
        }
    }
    /// A host path that is visible, read-only, inside.
    package struct HostBind: Codable, Sendable, Hashable {
        package var host: String
        package var inside: String
        package init(host: String, inside: String) {
            self.host = host
            self.inside = inside
        }
    }
    /// nil is the default of the profile.
    package struct Limits: Codable, Sendable, Hashable {
        package var memoryBytes: Int?
        package var processes: Int?
        package var cpus: Double?
        package var cpuSeconds: Double?
        package var wallSeconds: Double?
        package var diskBytes: Int?
        package var inodes: Int?
        package var openFiles: Int?
        package init() {}
    }
    package struct Result: Codable, Sendable {
        package var exit: ActionExit
        package var cost: ActionCost
        /// Changed paths, relative to `work` first, then the others; only with `work`.
        package var changed: [ChangedPath]
        /// nil when the command was not started.
        package var evidence: ActionEvidence?
        /// Where the time went.
        package var stages: [LaunchStage]
        /// What was asked of the network; nil where nothing was.
        package var network: [NetworkTarget]?

        package init(
            exit: ActionExit,
            cost: ActionCost,
            changed: [ChangedPath] = [],
            evidence: ActionEvidence? = nil,
            stages: [LaunchStage] = []
        ) {
            self.exit = exit
            self.cost = cost
            self.changed = changed
            self.evidence = evidence
            self.stages = stages
        }
    }
}
