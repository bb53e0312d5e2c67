/// The `[environment]` of a task: what its sandbox is made of.
package struct EnvironmentDefinition: Sendable, Hashable {
    /// Baseline of all phases; nil when the task says nothing.
    package let network: NetworkPolicy?
    /// Name of a prebuilt image.
    package let dockerImage: String?
    package let isWindows: Bool
    /// Cores.
    package let cpus: Double?
    package let memoryBytes: Int64?
    package let storageBytes: Int64?
    package let gpus: Int
    package let needsTPU: Bool
    /// Variables of every command; values may be host templates.
    package let variables: [String: String]
    /// Working directory of commands; nil is the image's.
    package let workingDirectory: String?
    package let healthcheck: Healthcheck?
    /// Path inside the image whose content becomes the agent's skills.
    package let skillsDirectory: String?
    /// Names of the MCP servers that the agent should be given.
    package let mcpServers: [String]
    /// Limit on building and starting; nil when infinite.
    package let startTimeout: Duration?
}

extension EnvironmentDefinition: Decodable {
    private enum CodingKeys: String, CodingKey {
        case cpus, gpus, tpu, env, healthcheck, workdir, os, memory, storage
        case networkMode = "network_mode"
        case allowedHosts = "allowed_hosts"
        case allowInternet = "allow_internet"
        case buildTimeout = "build_timeout_sec"
        case dockerImage = "docker_image"
        case memoryMegabytes = "memory_mb"
        case storageMegabytes = "storage_mb"
        case mcpServers = "mcp_servers"
        case skillsDirectory = "skills_dir"
    }

    /// Of a server only the name matters here: executord starts none.
    private struct Server: Decodable {
        let name: String
    }

    /// A table that only has to be there.
    private struct Presence: Decodable {}

    package init(from decoder: any Decoder) throws {
        let table = try decoder.container(keyedBy: CodingKeys.self)
        network = try .declared(
            in: table,
            mode: .networkMode,
            hosts: .allowedHosts,
            allowInternet: .allowInternet
        )
        dockerImage = try table.plainText(.dockerImage)
        let system = try table.decodeIfPresent(String.self, forKey: .os)?.lowercased() ?? "linux"
        guard system == "linux" || system == "windows" else {
            throw table.invalid(.os, "is '\(system)'; use \"linux\"")
        }
        isWindows = system == "windows"
        cpus = try table.decodeIfPresent(Double.self, forKey: .cpus)
        if let cpus, !cpus.isFinite || cpus <= 0 { throw table.invalid(.cpus, "is \(cpus); it must be greater than 0") }
        memoryBytes = try Self.bytes(in: table, megabytes: .memoryMegabytes, older: .memory)
        storageBytes = try Self.bytes(in: table, megabytes: .storageMegabytes, older: .storage)
        gpus = try table.decodeIfPresent(Int.self, forKey: .gpus) ?? 0
        needsTPU = try table.decodeIfPresent(Presence.self, forKey: .tpu) != nil
        variables = try table.variables(.env)
        workingDirectory = try table.absolutePath(.workdir)
        healthcheck = try table.decodeIfPresent(Healthcheck.self, forKey: .healthcheck)
        skillsDirectory = try table.absolutePath(.skillsDirectory)
        mcpServers = try (table.decodeIfPresent([Server].self, forKey: .mcpServers) ?? []).map(\.name)
        startTimeout = table.contains(.buildTimeout) ? try table.seconds(.buildTimeout) : .seconds(600)
    }

    /// What a task without an `[environment]` table has.
    static let unstated = EnvironmentDefinition(
        network: nil,
        dockerImage: nil,
        isWindows: false,
        cpus: nil,
        memoryBytes: nil,
        storageBytes: nil,
        gpus: 0,
        needsTPU: false,
        variables: [:],
        workingDirectory: nil,
        healthcheck: nil,
        skillsDirectory: nil,
        mcpServers: [],
        startTimeout: .seconds(600)
    )

    /// The newer key in megabytes, or the older one in words; both only when they agree.
    private static func bytes(
        in table: KeyedDecodingContainer<CodingKeys>,
        megabytes: CodingKeys,
        older: CodingKeys
    ) throws -> Int64? {
        let stated = try table.decodeIfPresent(Int64.self, forKey: megabytes)
        if let stated, !(1...maximumMegabytes).contains(stated) {
            throw table.invalid(megabytes, "is \(stated); it must be between 1 and \(maximumMegabytes)")
        }
        guard let words = try table.decodeIfPresent(String.self, forKey: older) else {
            return stated.map { $0 << 20 }
        }
        guard let size = megabytesOf(words) else {
            throw table.invalid(older, "is '\(words)'; write a size like \"512M\" or \"2G\"")
        }
        if let stated, stated != size {
            throw table.invalid(older, "says \(size) MB and \(megabytes.stringValue) says \(stated); remove one")
        }
        return size << 20
    }

    /// A petabyte: more is a mistake, and shifts stay exact.
    private static let maximumMegabytes: Int64 = 1 << 30

    /// `1.5G`, `512m`, `4096K` in whole megabytes.
    private static func megabytesOf(_ words: String) -> Int64? {
        let text = words.filter { !$0.isWhitespace }.uppercased()
        guard let unit = text.last, let number = Double(text.dropLast()), number.isFinite else { return nil }
        let factor: Double
        switch unit {
        case "G": factor = 1024
        case "M": factor = 1
        case "K": factor = 1.0 / 1024
        default: return nil
        }
        let size = number * factor
        return size >= 1 && size <= Double(maximumMegabytes) ? Int64(size) : nil
    }
}
