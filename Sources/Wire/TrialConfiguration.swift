/// What a trial is asked to be, as stored; secrets (resolved templates) are not part of it.
package struct TrialConfiguration: Codable, Sendable, Hashable {
    /// SHA-256 of the task by Harbor's definition, `sha256:…`.
    package var taskDigest: String
    package var taskName: String
    /// Where the client found the task; for people and for exports.
    package var taskPath: String
    package var agent: AgentSpec
    /// `--image`; nil resolves the task's own.
    package var image: String?
    package var verifierMode: VerifierMode
    /// Accept limits that this host cannot enforce; recorded in the result.
    package var allowUnenforced: Bool
    /// `--network`: the most that the task gets, whatever it asks for; nil is what it asks for.
    package var network: NetworkKind?
    /// Factor on the agent's and verifier's timeouts.
    package var timeoutMultiplier: Double
    /// What the agent finds; nil is none, as before there were skills.
    package var skills: [SkillGiven]?
    /// The trial tries the verifier, not an agent: nothing is learnt from it.
    package var attack: VerifierAttack?
    /// The trial does again what another one did, for a distiller: nothing is learnt from it.
    package var repeats: TrialRepetition?

    package init(
        taskDigest: String,
        taskName: String,
        taskPath: String,
        agent: AgentSpec,
        image: String? = nil,
        verifierMode: VerifierMode = .auto,
        allowUnenforced: Bool = false,
        network: NetworkKind? = nil,
        timeoutMultiplier: Double = 1,
        skills: [SkillGiven]? = nil,
        attack: VerifierAttack? = nil,
        repeats: TrialRepetition? = nil
    ) {
        self.taskDigest = taskDigest
        self.taskName = taskName
        self.taskPath = taskPath
        self.agent = agent
        self.image = image
        self.verifierMode = verifierMode
        self.allowUnenforced = allowUnenforced
        self.network = network
        self.timeoutMultiplier = timeoutMultiplier
        self.skills = skills
        self.attack = attack
        self.repeats = repeats
    }

    /// Earlier records say `forceNoNetwork`.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let earlier = try decoder.container(keyedBy: EarlierKey.self)
        let hadNone = try earlier.decodeIfPresent(Bool.self, forKey: .forceNoNetwork) ?? false
        self.init(
            taskDigest: try values.decode(String.self, forKey: .taskDigest),
            taskName: try values.decode(String.self, forKey: .taskName),
            taskPath: try values.decode(String.self, forKey: .taskPath),
            agent: try values.decode(AgentSpec.self, forKey: .agent),
            image: try values.decodeIfPresent(String.self, forKey: .image),
            verifierMode: try values.decode(VerifierMode.self, forKey: .verifierMode),
            allowUnenforced: try values.decode(Bool.self, forKey: .allowUnenforced),
            network: try values.decodeIfPresent(NetworkKind.self, forKey: .network) ?? (hadNone ? .closed : nil),
            timeoutMultiplier: try values.decode(Double.self, forKey: .timeoutMultiplier),
            skills: try values.decodeIfPresent([SkillGiven].self, forKey: .skills),
            attack: try values.decodeIfPresent(VerifierAttack.self, forKey: .attack),
            repeats: try values.decodeIfPresent(TrialRepetition.self, forKey: .repeats)
        )
    }

    private enum EarlierKey: String, CodingKey { case forceNoNetwork }

    /// As it is for the trial of that name, which draws the canaries that it gets; a canary goes before its served version.
    package func drawn(by trial: String) -> TrialConfiguration {
        guard let skills, skills.contains(where: { $0.share != nil }) else { return self }
        let canaries = skills.filter { $0.share != nil && $0.isDrawn(by: trial) }
        let others = skills.filter { skill in skill.share == nil && !canaries.contains { $0.name == skill.name } }
        var own = self
        own.skills = others + canaries
        return own
    }
}
