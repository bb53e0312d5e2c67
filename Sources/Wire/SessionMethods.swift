/// Opens a session: the connection that an agent acts through.
///
/// Answered when the sandbox stands.
/// Exactly one of `configuration` (a trial of a task), `sandbox` (no task, no verdict) and `trial` (a queued one) is given.
package enum SessionOpen: Method {
    package static let name = "session.open"
    package struct Params: Codable, Sendable {
        package var configuration: TrialConfiguration?
        package var sandbox: SandboxRequest?
        package var trial: String?
        /// Values of the host variables that the task's templates name; neither stored nor exported.
        package var templates: [String: String]?
        package var job: String?
        /// A socket inside the sandbox reaches this session.
        package var inside: Bool?
        package init(
            configuration: TrialConfiguration? = nil,
            sandbox: SandboxRequest? = nil,
            trial: String? = nil,
            templates: [String: String]? = nil,
            job: String? = nil,
            inside: Bool? = nil
        ) {
            self.configuration = configuration
            self.sandbox = sandbox
            self.trial = trial
            self.templates = templates
            self.job = job
            self.inside = inside
        }
    }
    package typealias Result = SessionInfo
}

/// A sandbox without a task; nil is the default.
package struct SandboxRequest: Codable, Sendable, Hashable {
    /// The name that lists show.
    package var name: String?
    package var image: String?
    package var memoryBytes: Int?
    package var cpus: Double?
    package var storageBytes: Int?
    /// nil is none.
    package var network: NetworkKind?
    /// With `allowlist`: names, `*.suffix`, addresses, ranges.
    package var allowedHosts: [String]?
    package var workingDirectory: String?
    package var environment: [String: String]?
    package var user: String?
    /// Wall clock of the whole session, in seconds.
    package var timeoutSeconds: Double?
    package var allowUnenforced: Bool?
    /// Who acts, for lists and exports.
    package var agent: String?

    package init(
        name: String? = nil,
        image: String? = nil,
        memoryBytes: Int? = nil,
        workingDirectory: String? = nil,
        agent: String? = nil
    ) {
        self.name = name
        self.image = image
        self.memoryBytes = memoryBytes
        self.workingDirectory = workingDirectory
        self.agent = agent
    }
}

/// What an agent is told of its session at its start.
package struct SessionInfo: Codable, Sendable {
    /// Names the session in every call; 64 hexadecimal digits that nobody can guess.
    package var session: String
    package var trial: String
    package var job: String
    /// Which of the task's steps the instruction is about; nil for a task without steps.
    package var step: StepPlace?
    package var instruction: String?
    package var workingDirectory: String
    package var user: String
    package var limits: SessionLimits
    /// Limits that this host does not enforce, accepted with `allowUnenforced`.
    package var unenforced: [String]
    package var warnings: [String]
    /// Skills that lie ready, each in a folder of its name; nil where there are none.
    package var skills: SessionSkills?
    package init(
        session: String,
        trial: String,
        job: String,
        step: StepPlace? = nil,
        instruction: String?,
        workingDirectory: String,
        user: String,
        limits: SessionLimits,
        unenforced: [String],
        warnings: [String],
        skills: SessionSkills? = nil
    ) {
        self.session = session
        self.trial = trial
        self.job = job
        self.step = step
        self.instruction = instruction
        self.workingDirectory = workingDirectory
        self.user = user
        self.limits = limits
        self.unenforced = unenforced
        self.warnings = warnings
        self.skills = skills
    }
}

/// Where an agent finds its skills; the same are in the directories below its home in which agents look by themselves.
package struct SessionSkills: Codable, Sendable, Hashable {
    package var path: String
    package var skills: [SkillGiven]

    package init(path: String, skills: [SkillGiven]) {
        self.path = path
        self.skills = skills
    }
}

/// The limits that an agent works under; nil is unlimited.
package struct SessionLimits: Codable, Sendable, Hashable {
    package var memoryBytes: Int?
    package var processes: Int?
    package var cpus: Double?
    package var storageBytes: Int
    package var inodes: Int
    package var openFiles: Int
    /// For everything that the agent does, from the session's start.
    package var agentSeconds: Double?
    /// The most that is kept of one stream of one action.
    package var outputBytes: Int
    package var network: NetworkKind
    /// What an `allowlist` has in it.
    package var allowedHosts: [String]?
    package init(
        memoryBytes: Int?,
        processes: Int?,
        cpus: Double?,
        storageBytes: Int,
        inodes: Int,
        openFiles: Int,
        agentSeconds: Double?,
        outputBytes: Int,
        network: NetworkKind,
        allowedHosts: [String]? = nil
    ) {
        self.memoryBytes = memoryBytes
        self.processes = processes
        self.cpus = cpus
        self.storageBytes = storageBytes
        self.inodes = inodes
        self.openFiles = openFiles
        self.agentSeconds = agentSeconds
        self.outputBytes = outputBytes
        self.network = network
        self.allowedHosts = allowedHosts
    }
}

/// The session of a live trial, for its owner; inside the sandbox its own session, without a name.
///
/// Between two steps of a task it is answered when the next one begins.
package enum SessionJoin: Method {
    package static let name = "session.join"
    package struct Params: Codable, Sendable {
        package var trial: String?
        package var session: String?
        package init(trial: String? = nil, session: String? = nil) {
            self.trial = trial
            self.session = session
        }
    }
    package typealias Result = SessionInfo
}

/// The agent is done: its phase ends, the verifier judges.
///
/// Answered when the trial has ended; of a task with steps, when the next step's sandbox stands.
///
/// One descriptor may be passed: a tar stream of the agent's own files, kept with the trial.
package enum SessionSubmit: Method {
    package static let name = "session.submit"
    package struct Params: Codable, Sendable {
        package var session: String?
        /// What went wrong with the agent, by Harbor's name; the verifier judges all the same.
        package var exception: Failure?
        package init(session: String?, exception: Failure? = nil) {
            self.session = session
            self.exception = exception
        }
    }
    package struct Failure: Codable, Sendable {
        /// For example `NonZeroAgentExitCodeError`.
        package var type: String
        package var message: String
        package init(type: String, message: String) {
            self.type = type
            self.message = message
        }
    }
    package typealias Result = SessionEnd
}

/// Ends a session without a verdict: a task's trial is cancelled, a sandbox without a task finished.
package enum SessionClose: Method {
    package static let name = "session.close"
    package typealias Params = SessionReference
    package typealias Result = SessionEnd
}

/// How a session's trial ended, or how it goes on.
package struct SessionEnd: Codable, Sendable {
    package var summary: TrialSummary
    package var verdict: Verdict?
    /// The session of the task's next step; nil at the trial's end.
    package var next: SessionInfo?
    package init(summary: TrialSummary, verdict: Verdict?, next: SessionInfo? = nil) {
        self.summary = summary
        self.verdict = verdict
        self.next = next
    }
}

/// The session that a call is about; nil inside the sandbox, where there is only one.
package struct SessionReference: Codable, Sendable {
    package var session: String?
    package init(session: String?) { self.session = session }
}

/// Records what the agent (or who talks to it) said.
package enum SessionMessage: Method {
    package static let name = "session.message"
    package struct Params: Codable, Sendable {
        package var session: String?
        package var message: AgentMessage
        package init(session: String?, message: AgentMessage) {
            self.session = session
            self.message = message
        }

        package init(from decoder: any Decoder) throws {
            session = try decoder.container(keyedBy: Key.self).decodeIfPresent(String.self, forKey: .session)
            message = try AgentMessage(from: decoder)
        }

        package func encode(to encoder: any Encoder) throws {
            try message.encode(to: encoder)
            var values = encoder.container(keyedBy: Key.self)
            try values.encodeIfPresent(session, forKey: .session)
        }

        private enum Key: String, CodingKey { case session }
    }
    package typealias Result = Empty
}
