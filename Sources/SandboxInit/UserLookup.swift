import Glibc
import SandboxPlan

/// Finds a user of the sandbox in its own /etc/passwd; see passwd(5).
///
/// No NSS: pid 1 is static, and must not load libraries from a root that an agent may have written.
func resolve(_ selection: UserSelection) throws(SetupFailure) -> ResolvedUser {
    switch selection {
    case .ids(let uid, let gid): return ResolvedUser(uid: uid, gid: gid)
    case .name(let name):
        let text = String(decoding: readFile("/etc/passwd") ?? [], as: UTF8.self)
        guard let user = findUser(name, in: text) else {
            throw SetupFailure(stage: .user, call: "look up user \(name)", errno: ENOENT)
        }
        return user
    }
}

/// The entry of `name` (a name, or a uid in digits) in the text of a passwd file.
func findUser(_ name: String, in passwd: String) -> ResolvedUser? {
    for line in passwd.split(separator: "\n") {
        let fields = line.split(separator: ":", omittingEmptySubsequences: false)
        guard fields.count >= 4, fields[0] == name || fields[2] == name, let uid = UInt32(fields[2]),
            let gid = UInt32(fields[3])
        else { continue }
        return ResolvedUser(uid: uid, gid: gid)
    }
    // A number needs no entry.
    return UInt32(name).map { ResolvedUser(uid: $0, gid: $0) }
}
