package import SandboxPlan

/// One program to run in a live sandbox.
package struct SandboxAction: Sendable {
    package var argv: [String]
    /// The whole environment.
    package var environment: [String: String]
    package var workingDirectory: String
    package var user: UserSelection
    package var profile: ConfinementProfile
    /// Wall clock; nil is unlimited.
    package var timeout: Duration?
    /// Processor time of the whole tree; nil is unlimited.
    ///
    /// Needs a cgroup.
    package var cpuTimeout: Duration?
    package var resourceLimits: [ResourceLimit]
    package var input: Input
    package var output: Output
    /// `run` returns once the program runs; its end is not waited for, and the time limits do not count.
    package var background: Bool
    /// The sandbox ends by itself with the program's first process: nothing more can be asked of it, and its end is sooner.
    package var isLast: Bool

    package enum Input: Sendable {
        case empty
        /// A descriptor of the daemon's, lent for the call.
        case descriptor(CInt)
        /// Written by `LiveAction.write`, open until `closeInput` or the action's end.
        case pipe
    }

    package enum Output: Sendable {
        /// Head and tail are kept, in bytes, of each stream; merged, stdout holds both.
        case captured(head: Int, tail: Int, merged: Bool = false)
        /// The program runs in a terminal of its own, which is its input too; what it shows is kept as stdout.
        case terminal(rows: Int, columns: Int, head: Int, tail: Int)
        /// Descriptors of the daemon's, lent for the call.
        case descriptors(stdout: CInt, stderr: CInt)
    }

    package init(
        argv: [String],
        environment: [String: String],
        workingDirectory: String,
        user: UserSelection,
        profile: ConfinementProfile,
        timeout: Duration? = nil,
        cpuTimeout: Duration? = nil,
        resourceLimits: [ResourceLimit] = [],
        input: Input = .empty,
        output: Output = .captured(head: 64 << 10, tail: 64 << 10),
        background: Bool = false,
        isLast: Bool = false
    ) {
        self.argv = argv
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.user = user
        self.profile = profile
        self.timeout = timeout
        self.cpuTimeout = cpuTimeout
        self.resourceLimits = resourceLimits
        self.input = input
        self.output = output
        self.background = background
        self.isLast = isLast
    }
}

/// What a program may do beyond what the sandbox allows anybody: filter and capabilities.
package struct ConfinementProfile: Sendable, Hashable {
    package var name: String
    /// Compiled system-call filter.
    package var seccomp: [UInt8]
    /// What the calls that the filter asks about get.
    package var answers: SeccompAnswers
    /// Capabilities that root inside keeps; see capabilities(7).
    package var capabilities: [UInt8]

    package init(name: String, seccomp: [UInt8], answers: SeccompAnswers = SeccompAnswers(), capabilities: [UInt8]) {
        self.name = name
        self.seccomp = seccomp
        self.answers = answers
        self.capabilities = capabilities
    }

    /// What package installation and service set-up need, inside the user namespace only: CHOWN, DAC_OVERRIDE,
    /// FOWNER, FSETID, KILL, SETGID, SETUID, SETPCAP, NET_BIND_SERVICE, SYS_CHROOT, AUDIT_WRITE, SETFCAP.
    package static let rootCapabilities: [UInt8] = [0, 1, 3, 4, 5, 6, 7, 8, 10, 18, 29, 31]
}

/// How a program ended.
package enum ActionEnd: Sendable, Hashable {
    case exited(code: Int)
    case signaled(signal: Int)
    case timedOut
    case cpuTimeExceeded
    case outOfMemory
    case cancelled
    /// It runs on: in the background, or when the wait was cancelled.
    case running
    /// The sandbox ended first.
    case sandboxEnded
}

/// How a program ended, what it cost and what it printed; at an end in the middle, until then.
package struct ActionResult: Sendable {
    package var end: ActionEnd
    package var wall: Duration
    /// nil without a cgroup.
    package var cpu: Duration?
    package var peakMemoryBytes: Int?
    package var oomKills: Int
    /// How often the sandbox was refused another process meanwhile.
    package var refusedProcesses = 0
    /// How long the sandbox waited for its processor quota meanwhile; nil without a cgroup.
    package var throttled: Duration?
    /// What the layer had nothing left of at the end.
    package var full: LayerShortage = []
    /// What changed in the layers until its first process ended; nil when it is not known.
    package var changes: LayerChanges?
    /// The calls that its programs were refused; nil where nobody could be asked.
    package var denied: [DeniedCalls.Kind: Int]?
    package var stdout: BoundedOutput
    package var stderr: BoundedOutput
}
