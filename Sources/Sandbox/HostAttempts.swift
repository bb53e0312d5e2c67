import CLinux
import Glibc

/// How the try of one kernel feature ended.
enum HostAttempt: Sendable, Hashable {
    case works
    case failed(CInt)
    /// Something that it needs has failed.
    case notTried

    /// 0, an errno, or CLINUX_NOT_TRIED.
    init(outcome: Int32) {
        switch outcome {
        case 0: self = .works
        case CLINUX_NOT_TRIED: self = .notTried
        default: self = .failed(outcome)
        }
    }

    /// The result of a system call that has just returned.
    init(returned: CInt) {
        self = returned >= 0 ? .works : .failed(errno)
    }
}

/// What happened when each kernel feature was tried.
///
/// Versions are never looked at: kernels are patched, features are built out, and containers refuse calls.
struct HostAttempts: Sendable, Hashable {
    var userNamespace = HostAttempt.notTried
    var identityMap = HostAttempt.notTried
    var identityMappedMount = HostAttempt.notTried
    var otherNamespaces = HostAttempt.notTried
    var networkNamespace = HostAttempt.notTried
    var mountInterface = HostAttempt.notTried
    var freshProc = HostAttempt.notTried
    var memoryAttributes = HostAttempt.notTried
    var overlay = HostAttempt.notTried
    var overlayRemoval = HostAttempt.notTried
    var processDescriptor = HostAttempt.notTried
    var seccomp = HostAttempt.notTried
    /// nil where `landlock` failed.
    var landlockVersion: Int?
    var landlock = HostAttempt.notTried
    var loopDevices = HostAttempt.notTried

    /// Tries them in a child that is gone when this returns; blocks for some milliseconds.
    ///
    /// - Parameter directory: what is tried to be identity-mapped, as the image is.
    /// - Returns: an outcome for every feature.
    static func make(directory: String) -> HostAttempts {
        var attempts = HostAttempts()
        attempts.tryNamespaces(directory)
        attempts.tryCalls()
        attempts.loopDevices = opening("/dev/loop-control")
        return attempts
    }

    /// Root maps to an id of the ranges it gives to sandboxes, never to the host's 0; a user to the own id.
    private mutating func tryNamespaces(_ directory: String) {
        var (user, group) = (geteuid(), getegid())
        if user == 0, case .ranges(let base, _) = IdentitySource.root { (user, group) = (base, base) }
        var result = clinux_host_probe()
        guard clinux_probe_host(&result, user, group, directory) == 0 else {
            userNamespace = .failed(errno)
            return
        }
        userNamespace = HostAttempt(outcome: result.user_namespace)
        identityMap = HostAttempt(outcome: result.identity_map)
        identityMappedMount = HostAttempt(outcome: result.idmapped_mount)
        otherNamespaces = HostAttempt(outcome: result.ipc_uts_cgroup)
        networkNamespace = HostAttempt(outcome: result.network)
        mountInterface = HostAttempt(outcome: result.mount_api)
        freshProc = HostAttempt(outcome: result.fresh_proc)
        memoryAttributes = HostAttempt(outcome: result.memory_xattrs)
        overlay = HostAttempt(outcome: result.overlay)
        overlayRemoval = HostAttempt(outcome: result.overlay_removal)
    }

    private mutating func tryCalls() {
        let descriptor = clinux_pidfd_open(getpid())
        processDescriptor = HostAttempt(returned: descriptor)
        if descriptor >= 0 { _ = close(descriptor) }

        seccomp = .works
        for action in Self.seccompActions where seccomp == .works {
            seccomp = HostAttempt(returned: clinux_seccomp_action_available(action))
        }
        let version = clinux_landlock_abi()
        landlock = HostAttempt(returned: version)
        landlockVersion = version >= 0 ? Int(version) : nil
    }

    /// SECCOMP_RET_KILL_PROCESS, ERRNO, ALLOW of linux/seccomp.h: what the filters return.
    private static let seccompActions: [UInt32] = [0x8000_0000, 0x0005_0000, 0x7FFF_0000]

    private static func opening(_ path: String) -> HostAttempt {
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        let attempt = HostAttempt(returned: descriptor)
        if descriptor >= 0 { _ = close(descriptor) }
        return attempt
    }
}
