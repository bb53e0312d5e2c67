import FoundationEssentials
import Glibc

/// What is read, not tried: the causes behind failed attempts, and what only a reading can tell.
struct HostFacts: Sendable, Hashable {
    var kernel = ""
    var userID: UInt32 = 0
    var userName = "root"
    /// `user.max_user_namespaces`; nil in a kernel without user namespaces.
    var maximumUserNamespaces: Int?
    /// `kernel.unprivileged_userns_clone` is 0: Debian's old switch.
    var ordinaryUsersLockedOut = false
    /// `kernel.apparmor_restrict_unprivileged_userns` is 1: Ubuntu from 23.10 on.
    var appArmorRestricts = false
    /// Bit n is capability n of capabilities(7).
    var capabilities: UInt64 = 0
    var hasIdentityTools = false
    /// Ids that can be given to sandboxes: how many sandboxes at once; nil when there is only the caller's id.
    var identitySlots: Int?
    /// One range of ids is everybody's.
    var hasSharedIdentities = false
    var hasMakeFileSystem = false
    /// Why there is no public network, and what helps.
    var publicNetworkObstacle: String?
    var publicNetworkRemedy: String?
    var stateDirectory = ""
    /// nil when the state directory cannot be asked.
    var freeBytes: UInt64?
    var freeInodes: UInt64?

    var isRoot: Bool { userID == 0 }

    static func read(stateDirectory: String) -> HostFacts {
        var facts = HostFacts()
        facts.kernel = line(of: "/proc/sys/kernel/osrelease") ?? "?"
        facts.userID = geteuid()
        facts.userName = getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "\(geteuid())"
        facts.maximumUserNamespaces = line(of: "/proc/sys/user/max_user_namespaces").flatMap { Int($0) }
        facts.ordinaryUsersLockedOut = line(of: "/proc/sys/kernel/unprivileged_userns_clone") == "0"
        facts.appArmorRestricts = line(of: "/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1"
        facts.capabilities = effectiveCapabilities(text(of: "/proc/thread-self/status"))
        facts.hasIdentityTools = ["newuidmap", "newgidmap"].allSatisfy(isInstalled)
        switch HostIdentities.find().source {
        case .ranges(_, let slots): facts.identitySlots = slots
        case .shared: facts.hasSharedIdentities = true
        case .single: break
        }
        facts.hasMakeFileSystem = isInstalled("mkfs.ext4")
        (facts.publicNetworkObstacle, facts.publicNetworkRemedy) =
            PublicNetwork.obstacle().map { ($0.why, $0.remedy) } ?? (nil, nil)
        facts.stateDirectory = stateDirectory
        var space = statvfs()
        if statvfs(stateDirectory, &space) == 0 {
            facts.freeBytes = UInt64(space.f_bavail) * UInt64(space.f_frsize)
            facts.freeInodes = space.f_files == 0 ? nil : UInt64(space.f_favail)
        }
        return facts
    }

    /// The CapEff line of proc(5)'s status file; none when there is no such line.
    static func effectiveCapabilities(_ status: String) -> UInt64 {
        for line in status.split(separator: "\n") where line.hasPrefix("CapEff:") {
            return UInt64(line.dropFirst(7).drop { $0 == "\t" || $0 == " " }, radix: 16) ?? 0
        }
        return 0
    }

    private static func isInstalled(_ program: String) -> Bool {
        ["/usr/bin", "/usr/sbin", "/bin", "/sbin"].contains { access("\($0)/\(program)", X_OK) == 0 }
    }

    private static func text(of path: String) -> String {
        (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }

    /// The first line; nil when there is no such file.
    private static func line(of path: String) -> String? {
        text(of: path).split(separator: "\n").first.map(String.init)
    }
}
