import CommandLineKit
import Documents
import FoundationEssentials
import Tasks
import Wire

/// The settings file as it is written; every key may be absent, an unknown one is an error.
struct ConfigurationFile: Decodable {
    var state: String?
    var socket: String?
    var concurrency: Int?
    var administratorGroup: String?
    var limits: Limits?
    var admission: AdmissionShare?
    var retention: Retention?
    var images: [String: String]?
    var network: Network?
    var verifier: Verifier?

    struct Verifier: Decodable {
        var tools: String?
    }
    var builds: Builds?
    var registries: Registries?
    var skills: Skills?
    var distillers: [String: DistillerSettings]?
    var distill: Distill?

    struct Distill: Decodable {
        var afterJob: String?
    }

    struct Network: Decodable {
        var ceiling: NetworkKind?
        var allowedHosts: [String]?
        var ports: [Int]?
    }

    struct Builds: Decodable {
        var network: NetworkKind?
        var hosts: [String]?
        var environment: [String: String]?
        var files: [String: String]?
    }

    struct Registries: Decodable {
        var allowed: [String]?
    }

    struct Skills: Decodable {
        var path: String?
    }

    struct Limits: Decodable {
        var memoryBytes: Int?
        var processes: Int?
        var storageBytes: Int?
        var inodes: Int?
        var openFiles: Int?
    }

    struct AdmissionShare: Decodable {
        var memoryBytes: Int?
        var processors: Double?
    }

    struct Retention: Decodable {
        var failedLayerDays: Int?
        var passedLayerDays: Int?
        var outputDays: Int?
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case state, socket, concurrency, administratorGroup, limits, admission, retention, images, network, builds,
            verifier, registries, skills, distillers, distill
    }

    /// The smallest values that anything can run with.
    private static let least: [(key: String, value: @Sendable (Limits) -> Int?, least: Int)] = [
        ("memoryBytes", { $0.memoryBytes }, 16 << 20), ("processes", { $0.processes }, 8),
        ("storageBytes", { $0.storageBytes }, 1 << 20),
        ("inodes", { $0.inodes }, 64), ("openFiles", { $0.openFiles }, 16),
    ]

    /// Reads a file; an error names the file, the key, and what is wrong with it.
    init(path: String) throws {
        guard let text = FileManager.default.contents(atPath: path) else {
            throw WireError(.invalidParams, "\(path): cannot be read", remedy: "name a file with --config")
        }
        let document = try TOMLDocument([UInt8](text), file: path)
        try Self.checkKeys(try document.decode([String: DocumentValue].self), path)
        self = try document.decode(ConfigurationFile.self)
        try checkValues(path)
    }

    private static func checkKeys(_ table: [String: DocumentValue], _ path: String) throws(WireError) {
        let known = CodingKeys.allCases.map(\.rawValue)
        for key in table.keys.sorted() where !known.contains(key) { throw unknown(key, known, path) }
        let tables = [
            "limits": least.map(\.key), "admission": ["memoryBytes", "processors"],
            "retention": ["failedLayerDays", "passedLayerDays", "outputDays"],
            "network": ["ceiling", "allowedHosts", "ports"], "verifier": ["tools"],
            "builds": ["network", "hosts", "environment", "files"], "registries": ["allowed"],
            "skills": ["path"], "distill": ["afterJob"],
        ]
        for (name, known) in tables.sorted(by: { $0.key < $1.key }) {
            guard case .table(let own) = table[name] else { continue }
            for key in own.keys.sorted() where !known.contains(key) {
                throw unknown("\(name).\(key)", known.map { "\(name).\($0)" }, path)
            }
        }
        guard case .table(let distillers) = table["distillers"] else { return }
        for (name, value) in distillers.sorted(by: { $0.key < $1.key }) {
            guard case .table(let own) = value else { continue }
            for key in own.keys.sorted() where !DistillerSettings.keys.contains(key) {
                throw unknown("distillers.\(name).\(key)", DistillerSettings.keys.map { "distillers.NAME.\($0)" }, path)
            }
        }
    }

    private static func unknown(_ key: String, _ known: [String], _ path: String) -> WireError {
        WireError(
            .invalidParams,
            "\(path): there is no setting '\(key)'\(Suggestion.sentence(for: key, among: known))",
            remedy: "one of \(known.joined(separator: ", "))"
        )
    }

    private func checkValues(_ path: String) throws(WireError) {
        if let concurrency, concurrency < 1 {
            throw WireError(.invalidParams, "\(path): concurrency is \(concurrency)", remedy: "at least 1")
        }
        if let limits {
            for (key, value, least) in Self.least {
                try Self.check("limits.\(key)", value(limits), isAtLeast: least, path)
            }
        }
        try Self.check("admission.memoryBytes", admission?.memoryBytes, isAtLeast: 64 << 20, path)
        if let processors = admission?.processors, !(processors > 0 && processors <= 100_000) {
            throw WireError(
                .invalidParams,
                "\(path): admission.processors is \(processors)",
                remedy: "a number above 0"
            )
        }
        try Self.check("retention.failedLayerDays", retention?.failedLayerDays, isAtLeast: 0, path)
        try Self.check("retention.passedLayerDays", retention?.passedLayerDays, isAtLeast: 0, path)
        try Self.check("retention.outputDays", retention?.outputDays, isAtLeast: 0, path)
        try checkNetwork(path)
        try checkBuilds(path)
        try checkVerifier(path)
        try checkSkills(path)
        try DistillerSettings.check(distillers ?? [:], afterJob: distill?.afterJob, path)
        for host in registries?.allowed ?? [] where ImageName("\(host)/x")?.registry != host {
            throw WireError(
                .invalidParams,
                "\(path): registries.allowed has '\(host)', which is no host of a registry",
                remedy: "such as docker.io, ghcr.io or localhost:5000, without scheme and path"
            )
        }
    }

    /// Not where the sandbox has something of its own, nor where a program's files are.
    private func checkSkills(_ path: String) throws(WireError) {
        guard let place = skills?.path else { return }
        let parts = place.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        let taken = ["proc", "dev", "sys", "usr", "etc", "bin", "sbin", "lib", "lib64", "logs", "tests", "solution"]
        guard place.hasPrefix("/"), let first = parts.first, !taken.contains(String(first)),
            parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." })
        else {
            throw WireError(
                .invalidParams,
                "\(path): skills.path is '\(place)'",
                remedy: "an absolute path of its own, such as /skills or /opt/skills"
            )
        }
    }

    private func checkVerifier(_ path: String) throws(WireError) {
        guard let tools = verifier?.tools, ImageName(tools) == nil else { return }
        throw WireError(
            .invalidParams,
            "\(path): verifier.tools is '\(tools)', which is no name of an image",
            remedy: "the name that 'executorctl image build-verifier-tools' gave"
        )
    }

    private func checkNetwork(_ path: String) throws(WireError) {
        try Self.check("network.allowedHosts", hosts: network?.allowedHosts, path)
        try Self.check("builds.hosts", hosts: builds?.hosts, path)
        for port in network?.ports ?? [] where !(1...65535).contains(port) {
            throw WireError(.invalidParams, "\(path): network.ports has \(port)", remedy: "1 to 65535")
        }
    }

    private func checkBuilds(_ path: String) throws(WireError) {
        for (name, file) in (builds?.files ?? [:]).sorted(by: { $0.key < $1.key }) {
            guard !name.isEmpty, name != ".", name != "..", !name.contains("/"), file.hasPrefix("/") else {
                throw WireError(
                    .invalidParams,
                    "\(path): builds.files has \"\(name)\" = \"\(file)\"",
                    remedy: "a name without '/', and the absolute path of a file"
                )
            }
        }
        for name in (builds?.environment ?? [:]).keys.sorted() where name.isEmpty || name.contains("=") {
            throw WireError(.invalidParams, "\(path): builds.environment has '\(name)'", remedy: "names without '='")
        }
    }

    private static func check(_ key: String, hosts: [String]?, _ path: String) throws(WireError) {
        for entry in hosts ?? [] where AllowedHost(entry) == nil {
            throw WireError(
                .invalidParams,
                "\(path): \(key) has '\(entry)', which is no host name, *.suffix, address or range",
                remedy: "leave out schemes, paths and ports"
            )
        }
    }

    private static func check(_ key: String, _ value: Int?, isAtLeast least: Int, _ path: String) throws(WireError) {
        guard let value, value < least else { return }
        throw WireError(.invalidParams, "\(path): \(key) is \(value)", remedy: "at least \(least)")
    }
}
