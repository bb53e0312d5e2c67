import FoundationEssentials
import Glibc
import Tasks
import Wire

/// The daemon's settings: built-in defaults, then the file, then the command line.
struct Configuration: Sendable {
    /// Directory of everything that is kept.
    var state: String
    var socket: String
    /// Trials that run at the same time.
    var concurrency: Int
    var limits: LimitDefaults
    /// What running trials may take together.
    var admission: HostShare
    var retention: RetentionPolicy
    var network: NetworkOffer
    /// An image of the store with programs for verifiers.
    var verifierTools: String?
    var builds: BuildSettings
    /// Registries that images may be fetched from, by host.
    var registries: [String]
    /// Where agents find their skills, absolute, inside.
    var skillsPath: String
    /// Programs that speak distill/1, by name.
    var distillers: [DistillerProgram] = []
    /// The distiller that reads a job's trials when it has ended.
    var distillerAfterJob: String?
    /// Globs of image names to images of this host, the file's before the shipped ones.
    var aliases: [ImageAlias]
    /// Members see everybody's trials.
    var administratorGroup: String?
    /// `executord-init`.
    var launcher: String

    /// Defaults for a state directory.
    init(state: String, socket: String?) {
        self.state = state
        self.socket = socket ?? state + "/executord.sock"
        concurrency = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        limits = LimitDefaults()
        admission = .ofThisHost()
        retention = RetentionPolicy()
        network = NetworkOffer()
        builds = BuildSettings()
        registries = []
        skillsPath = "/skills"
        let release = (try? String(contentsOfFile: "/etc/os-release", encoding: .utf8)) ?? ""
        aliases = ImageAlias.shipped(osRelease: release)
        launcher = Self.besideThisProgram("executord-init")
    }

    /// Lays a file over the defaults.
    mutating func apply(file path: String) throws {
        let file = try ConfigurationFile(path: path)
        state = file.state ?? state
        socket = file.socket ?? socket
        concurrency = file.concurrency ?? concurrency
        administratorGroup = file.administratorGroup ?? administratorGroup
        limits.memoryBytes = file.limits?.memoryBytes ?? limits.memoryBytes
        limits.processes = file.limits?.processes ?? limits.processes
        limits.storageBytes = file.limits?.storageBytes ?? limits.storageBytes
        limits.inodes = file.limits?.inodes ?? limits.inodes
        limits.openFiles = file.limits?.openFiles ?? limits.openFiles
        admission.memoryBytes = file.admission?.memoryBytes ?? admission.memoryBytes
        admission.processors = file.admission?.processors ?? admission.processors
        retention.failedLayerDays = file.retention?.failedLayerDays ?? retention.failedLayerDays
        retention.passedLayerDays = file.retention?.passedLayerDays ?? retention.passedLayerDays
        retention.outputDays = file.retention?.outputDays ?? retention.outputDays
        network.ceiling = file.network?.ceiling ?? network.ceiling
        network.hosts = file.network?.allowedHosts.map { $0.compactMap(AllowedHost.init) } ?? network.hosts
        network.ports = file.network?.ports.map { Set($0.map { UInt16(clamping: $0) }) } ?? network.ports
        verifierTools = file.verifier?.tools ?? verifierTools
        builds.network = file.builds?.network ?? builds.network
        builds.hosts = file.builds?.hosts.map { $0.compactMap(AllowedHost.init) } ?? builds.hosts
        builds.environment = file.builds?.environment ?? builds.environment
        builds.files = file.builds?.files ?? builds.files
        try builds.check(within: network, path)
        registries = file.registries?.allowed ?? registries
        skillsPath = file.skills?.path ?? skillsPath
        distillers = (file.distillers ?? [:]).sorted { $0.key < $1.key }.map { $0.value.program(named: $0.key) }
        distillerAfterJob = file.distill?.afterJob ?? distillerAfterJob
        let own = (file.images ?? [:]).sorted { $0.key < $1.key }
        aliases = own.map { ImageAlias(pattern: $0.key, image: $0.value) } + aliases
    }

    /// Names this daemon's cgroups: the same state, the same name.
    var instance: String {
        var sum: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in state.utf8 { sum = (sum ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return String(sum, radix: 16)
    }

    /// Everybody may connect to a system daemon (and see their own); otherwise only the owner.
    var socketMode: mode_t { administratorGroup == nil ? 0o600 : 0o666 }

    var administratorGroupID: UInt32? {
        administratorGroup.flatMap { name in getgrnam(name).map { $0.pointee.gr_gid } }
    }

    /// Programs of one build lie in one directory; installed, the launcher is in libexec.
    private static func besideThisProgram(_ name: String) -> String {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let directory = own.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let beside = directory + "/" + name
        if access(beside, X_OK) == 0 { return beside }
        return directory + "/../libexec/executord/" + name
    }
}
