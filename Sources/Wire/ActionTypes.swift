/// What an agent or a verifier asks the sandbox to run.
package struct ActionRequest: Codable, Sendable, Hashable {
    /// The program and its arguments; `argv[0]` is looked up in the sandbox's PATH.
    package var argv: [String]
    /// A shell command as given (then `argv` is `["/bin/sh", "-c", shell]`-like).
    package var shell: String?
    /// Working directory inside the sandbox; nil is the trial's.
    package var cwd: String?
    /// Environment beyond the trial's own, with values: stored redacted to names by the recorder.
    package var environment: [String: String]
    /// User name or uid inside the sandbox; nil is the trial's.
    package var user: String?
    /// Wall-clock limit in seconds; nil is the trial's.
    package var timeoutSeconds: Double?
    /// The action stays alive after its call returned.
    package var background: Bool
    /// What is done to a file; then `argv` is empty.
    package var file: FileAction?
    /// replay only: the step of the task that it belongs to; nil is that of the action before it, or the first.
    package var step: String?
    /// It was given something to read on its standard input, of which nothing is recorded; nil where not.
    package var hasInput: Bool?

    package init(
        argv: [String],
        shell: String? = nil,
        cwd: String? = nil,
        environment: [String: String] = [:],
        user: String? = nil,
        timeoutSeconds: Double? = nil,
        background: Bool = false,
        file: FileAction? = nil,
        step: String? = nil
    ) {
        self.argv = argv
        self.shell = shell
        self.cwd = cwd
        self.environment = environment
        self.user = user
        self.timeoutSeconds = timeoutSeconds
        self.background = background
        self.file = file
        self.step = step
    }

    /// The shortest truthful line for people.
    package var displayText: String { file?.displayText ?? shell ?? argv.joined(separator: " ") }
}

/// A file action as recorded.
package struct FileAction: Codable, Sendable, Hashable {
    package enum Tool: String, Codable, Sendable, CaseIterable {
        case read, write, list, stat, makeDirectory, remove, upload, download
    }
    package var tool: Tool
    package var path: String
    /// What was written, where it is small enough to be replayed.
    package var content: ByteContent?
    package var append: Bool?
    package var recursive: Bool?
    package var mode: String?

    /// The most that a record keeps of what was written.
    package static let maximumContent = 64 << 10

    package init(
        _ tool: Tool,
        path: String,
        content: ByteContent? = nil,
        append: Bool? = nil,
        recursive: Bool? = nil,
        mode: String? = nil
    ) {
        self.tool = tool
        self.path = path
        self.content = content
        self.append = append
        self.recursive = recursive
        self.mode = mode
    }

    /// The line that people see.
    package var displayText: String {
        switch tool {
        case .write: append == true ? "append to \(path)" : "write \(path)"
        case .makeDirectory: "make directory \(path)"
        case .remove: recursive == true ? "remove \(path) and all in it" : "remove \(path)"
        case .read, .list, .stat, .upload, .download: "\(tool.rawValue) \(path)"
        }
    }
}

/// How an action ended.
package enum ActionExit: Sendable, Hashable {
    /// The program ended by itself with this status.
    case exited(code: Int)
    /// A signal ended it.
    case signaled(signal: Int)
    /// A limit of the action or of the trial fired and the tree was killed.
    case limit(LimitKind)
    /// It was cancelled and its tree killed.
    case cancelled
    /// It never ran: the program was missing, not executable, or set-up failed.
    case notStarted(reason: String, errno: Int)
    /// It was left running in the background.
    case running

    /// The number a shell would show; nil for `running`.
    package var shellStatus: Int? {
        switch self {
        case .exited(let code): code
        case .signaled(let signal): 128 + signal
        case .limit(.wallClock), .limit(.cpuTime): 124
        case .limit: 137
        case .cancelled: 130
        case .notStarted(_, let errno): errno == 2 ? 127 : 126
        case .running: nil
        }
    }
}

/// The limits that can fire, by the name that people see; the first three end an action.
package enum LimitKind: String, Codable, Sendable, Hashable, CaseIterable {
    case wallClock, cpuTime, memory, processes, disk, inodes, output
}

/// What a stream printed: head and tail kept, the rest counted; the whole (up to the cap) in a blob.
package struct OutputRecord: Codable, Sendable, Hashable {
    /// All bytes that were printed, kept or not.
    package var totalBytes: Int
    /// Bytes that were dropped between head and tail.
    package var omittedBytes: Int
    /// Text if it is UTF-8 (invalid bytes replaced when `lossy`), at most a few KiB: the head.
    package var head: String
    /// The tail, empty when nothing was omitted.
    package var tail: String
    /// Whether invalid UTF-8 was replaced in head or tail.
    package var lossy: Bool
    /// SHA-256 of the kept bytes in the blob store, when they did not fit in head.
    package var blob: String?
    /// Kept bytes before the gap: where in the blob the omitted bytes would stand; all kept bytes when none were omitted.
    package var headBytes: Int

    package init(
        totalBytes: Int = 0,
        omittedBytes: Int = 0,
        headBytes: Int = 0,
        head: String = "",
        tail: String = "",
        lossy: Bool = false,
        blob: String? = nil
    ) {
        self.totalBytes = totalBytes
        self.omittedBytes = omittedBytes
        self.headBytes = headBytes
        self.head = head
        self.tail = tail
        self.lossy = lossy
        self.blob = blob
    }
}

/// What an action cost, as far as this host can measure it.
package struct ActionCost: Codable, Sendable, Hashable {
    package var wallMilliseconds: Double
    /// User and system time of the whole tree; nil without a cgroup.
    package var cpuMilliseconds: Double?
    /// Peak memory of the whole tree; nil without a cgroup.
    package var peakMemoryBytes: Int?
    /// Processes of the tree that the kernel killed for memory.
    package var oomKills: Int
    /// How long the sandbox waited for its processor quota meanwhile; nil when it did not.
    package var throttledMilliseconds: Double?
    /// The limits that were met, whether or not they ended the action; nil when none was.
    package var limits: [LimitMet]?

    package init(
        wallMilliseconds: Double,
        cpuMilliseconds: Double? = nil,
        peakMemoryBytes: Int? = nil,
        oomKills: Int = 0,
        throttledMilliseconds: Double? = nil,
        limits: [LimitMet]? = nil
    ) {
        self.wallMilliseconds = wallMilliseconds
        self.cpuMilliseconds = cpuMilliseconds
        self.peakMemoryBytes = peakMemoryBytes
        self.oomKills = oomKills
        self.throttledMilliseconds = throttledMilliseconds
        self.limits = limits
    }
}

/// A limit that an action met, and how much it allows.
package struct LimitMet: Codable, Sendable, Hashable {
    package var limit: LimitKind
    /// Bytes, seconds, or a number of processes or inodes.
    package var value: Double

    package init(_ limit: LimitKind, _ value: Double) {
        self.limit = limit
        self.value = value
    }
}

/// One action and its observation, as recorded.
package struct ActionRecord: Codable, Sendable, Hashable {
    /// Number of the action in its trial, from 1.
    package var number: Int
    package var phase: TrialPhase
    package var request: ActionRequest
    package var startedAt: Timestamp
    package var exit: ActionExit
    package var cost: ActionCost
    package var stdout: OutputRecord
    package var stderr: OutputRecord
    /// nil for what was not watched: file actions, and what has not ended.
    package var evidence: ActionEvidence?

    package init(
        number: Int,
        phase: TrialPhase,
        request: ActionRequest,
        startedAt: Timestamp,
        exit: ActionExit,
        cost: ActionCost,
        stdout: OutputRecord,
        stderr: OutputRecord,
        evidence: ActionEvidence? = nil
    ) {
        self.number = number
        self.phase = phase
        self.request = request
        self.startedAt = startedAt
        self.exit = exit
        self.cost = cost
        self.stdout = stdout
        self.stderr = stderr
        self.evidence = evidence
    }
}
