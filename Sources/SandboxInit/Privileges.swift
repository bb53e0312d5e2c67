import CCap
import CLinux
import Glibc
import SandboxPlan

/// Who a child of pid 1 becomes before it does anything for somebody inside.
struct Privileges {
    let user: ResolvedUser
    /// Capabilities that root keeps, by number.
    let capabilities: [UInt8]

    /// Gives up everything else, for good.
    func assume() throws(SetupFailure) {
        try preferForKilling()
        try dropCapabilities()
        // The change of ids made it what fs.suid_dumpable says, see proc(5), and pid 1 with it where this is its memory.
        _ = try attempt(.session, "prctl PR_SET_DUMPABLE") { clinux_set_dumpable(0) }
        _ = try attempt(.noNewPrivileges, "prctl") { clinux_set_no_new_privileges() }
    }

    /// Short of memory, the kernel takes the action and not pid 1, which would end the sandbox; see proc(5), oom_score_adj.
    ///
    /// What fills a memfd or a tmpfs is no larger than pid 1 by itself.
    private func preferForKilling() throws(SetupFailure) {
        // An undumpable process cannot write its own file. With all capabilities, nobody inside may trace it yet.
        _ = try attempt(.resourceLimits, "prctl PR_SET_DUMPABLE") { clinux_set_dumpable(1) }
        defer { _ = clinux_set_dumpable(0) }
        try writeFile("/proc/self/oom_score_adj", "500", stage: .resourceLimits)
    }

    func dropCapabilities() throws(SetupFailure) {
        let kept = capabilities.reduce(UInt64(0)) { $0 | 1 << UInt64($1) }
        _ = try attempt(.capabilities, "prctl PR_CAPBSET_DROP") { clinux_drop_bounding_capabilities(kept) }
        if clinux_clear_ambient_capabilities() != 0 && errno != EINVAL {
            throw SetupFailure(stage: .capabilities, call: "prctl PR_CAP_AMBIENT", errno: errno)
        }
        _ = clinux_setgroups_none()  // refused where only one id is mapped: there is no group to drop then
        _ = try attempt(.user, "setresuid \(user.uid)") { clinux_set_ids(user.uid, user.gid) }
        // Changing to an ordinary user cleared all of them; root keeps what the profile keeps.
        let remaining = user.uid == 0 ? capabilities.map { cap_value_t($0) } : []
        guard let state = cap_init() else {
            throw SetupFailure(stage: .capabilities, call: "cap_init", errno: errno)
        }
        defer { cap_free(UnsafeMutableRawPointer(state)) }
        for set in [CAP_PERMITTED, CAP_EFFECTIVE] where !remaining.isEmpty {
            _ = try attempt(.capabilities, "cap_set_flag") {
                cap_set_flag(state, set, CInt(remaining.count), remaining, CAP_SET)
            }
        }
        _ = try attempt(.capabilities, "capset") { cap_set_proc(state) }
    }
}
