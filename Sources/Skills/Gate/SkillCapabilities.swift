/// What following a skill needs, as it is declared.
package struct SkillCapabilities: Codable, Sendable, Hashable {
    /// Programs.
    package var exec: [String]
    /// Files, as `work/**`.
    package var read: [String]
    package var write: [String]
    /// Hosts.
    package var network: [String]

    package init(exec: [String] = [], read: [String] = [], write: [String] = [], network: [String] = []) {
        self.exec = exec
        self.read = read
        self.write = write
        self.network = network
    }

    /// What a skill's front matter declares: `metadata.network`, hosts with spaces in between.
    ///
    /// nil when it declares nothing.
    init?(_ head: SkillHead) {
        guard let hosts = head.metadata["network"] else { return nil }
        self.init(network: hosts.split { $0 == " " || $0 == "," }.map(String.init))
    }

    /// What is more than a tier may have, a sentence each; see `SkillTier`.
    package func excess(over tier: SkillTier) -> [String] {
        guard tier < .t4 else { return [] }
        var excess: [String] = []
        if !network.isEmpty {
            excess.append(
                "it asks for the network (\(network.joined(separator: ", "))), which \(tier.name) may not have"
            )
        }
        let system = write.filter { path in
            Self.systemDirectories.contains { path == $0 || path.hasPrefix($0 + "/") }
        }
        if !system.isEmpty {
            excess.append("it asks to write to \(system.joined(separator: ", ")), which \(tier.name) may not")
        }
        return excess
    }

    private static let systemDirectories = [
        "/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/sbin", "/sys", "/usr", "/tests", "/solution",
        "/logs/verifier", "/skills",
    ]
}

/// A program that shows whether the skill's result is there, as its distiller proposed it.
package struct SkillProbe: Codable, Sendable, Hashable {
    package var id: String
    package var run: [String]
    /// The status that it ends with when all is well.
    package var exit: Int

    package init(id: String, run: [String], exit: Int = 0) {
        self.id = id
        self.run = run
        self.exit = exit
    }
}
