/// One of the `[[steps]]` of a task, as written: what it does not say is the task's.
package struct TaskStep: Sendable, Hashable {
    /// The name of its directory below `steps/`.
    package let name: String
    package let agent: AgentPhase
    package let verifier: VerifierPhase
    package let minimumReward: RewardGate?
    /// Run after the step's set-up, in addition to the environment's.
    package let healthcheck: Healthcheck?
    /// Collected after this step, with the task's.
    package let artifacts: [ArtifactDeclaration]
}

extension TaskStep: Decodable {
    private enum CodingKeys: String, CodingKey {
        case name, agent, verifier, healthcheck, artifacts
        case minimumReward = "min_reward"
    }

    package init(from decoder: any Decoder) throws {
        let table = try decoder.container(keyedBy: CodingKeys.self)
        name = try table.decode(String.self, forKey: .name)
        if let problem = StepName.problem(name) { throw table.invalid(.name, problem) }
        agent = try table.decodeIfPresent(AgentPhase.self, forKey: .agent) ?? .unstated
        verifier = try table.decodeIfPresent(VerifierPhase.self, forKey: .verifier) ?? .unstated
        minimumReward = try table.decodeIfPresent(RewardGate.self, forKey: .minimumReward)
        healthcheck = try table.decodeIfPresent(Healthcheck.self, forKey: .healthcheck)
        artifacts = try table.decodeIfPresent([ArtifactDeclaration].self, forKey: .artifacts) ?? []
    }
}

/// The rule for names of steps: one name of a directory on any system.
enum StepName {
    private static let devices: Set = ["con", "prn", "aux", "nul", "conin$", "conout$"]

    /// Why a name cannot be a step's; nil when it can.
    static func problem(_ name: String) -> String? {
        guard name.contains(where: { !$0.isWhitespace }), name != ".", name != ".." else { return "is no name" }
        guard name.utf8.count <= 255 else { return "has more than 255 bytes" }
        let isPlain = name.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }
        guard isPlain, !name.contains(where: { "<>:\"/\\|?*".contains($0) }) else {
            return "'\(name)' has a character that names of directories cannot have everywhere"
        }
        guard !name.hasSuffix("."), !name.hasSuffix(" ") else { return "'\(name)' ends with a dot or a space" }
        let stem = String(name.prefix { $0 != "." }).lowercased()
        let port = stem.count == 4 && (stem.hasPrefix("com") || stem.hasPrefix("lpt")) && stem.last?.isNumber == true
        return devices.contains(stem) || port ? "'\(name)' is a device's name on some systems" : nil
    }

    /// What two names have in common that some file system takes for one.
    ///
    /// Swift compares strings by canonical equivalence, so no normalization is needed.
    static func key(_ name: String) -> String { name.lowercased() }
}
