import Sandbox
import SandboxPlan

/// The compiled confinement profiles, made once: `default`, `root`, `debug`.
struct Profiles: Sendable {
    let standard: ConfinementProfile
    let root: ConfinementProfile
    let debug: ConfinementProfile

    init() throws(SandboxError) {
        standard = try .compiled(.standard)
        root = try .compiled(.root)
        debug = try .compiled(.debug)
    }

    /// Root inside may install packages; everybody else has no capability at all.
    func forTask(user: UserSelection) -> ConfinementProfile {
        switch user {
        case .ids(uid: 0, _), .name("root"), .name("0"): root
        case .ids, .name: standard
        }
    }

    /// By the name people give; nil for an unknown one.
    func named(_ name: String) -> ConfinementProfile? {
        [standard, root, debug].first { $0.name == name }
    }
}
