import FoundationEssentials
import Glibc
import SandboxPlan

/// Copies of the daemon's trees that belong to the ids of sandboxes, where mounts cannot map owners.
///
/// An overlay cannot copy up what belongs to an id without a name inside (EOVERFLOW), so that a user's own files would
/// be read-only to the sandboxes of a subordinate range. What is copied never changes: its path names its content.
actor AdoptedTrees {
    private let directory: String
    private let launcher: LauncherClient
    private var ready: [String: String] = [:]

    init(directory: String, launcher: LauncherClient) {
        self.directory = directory
        self.launcher = launcher
    }

    /// Removes what a daemon that died left half-made; the caller has the state to itself.
    func removeDrafts() async throws(SandboxError) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        for name in names where name.hasSuffix(Self.draft) {
            try await launcher.perform(.removeTree(path: "\(directory)/\(name)"))
        }
    }

    private static let draft = ".part"

    /// The copy of `path` for sandboxes whose root is `owner`, made when it is first asked for.
    ///
    /// `home` is a directory in it that belongs to an ordinary user inside, with the user's id.
    func tree(_ path: String, owner: UInt32, home: (path: String, uid: UInt32)? = nil) async throws(SandboxError)
        -> String
    {
        let key = "\(Self.name(of: path))-\(owner)"
        if let made = ready[key] { return made }
        let place = "\(directory)/\(key)"
        if access(place, F_OK) != 0 { try await make(place, from: path, owner: owner, home: home) }
        ready[key] = place
        return place
    }

    private func make(
        _ place: String,
        from source: String,
        owner: UInt32,
        home: (path: String, uid: UInt32)?
    ) async throws(SandboxError) {
        let part = "\(place)-\(UInt64.random(in: 0 ... .max))\(Self.draft)"
        do throws(SandboxError) {
            try await launcher.perform(.adopt(source: source, path: part, owner: owner))
            if let home {
                try await launcher.perform(.own(path: part + home.path, owner: owner + home.uid))
            }
            // Somebody else may have finished first, while this waited: theirs is the same.
            if rename(part, place) == 0 { return }
            guard errno == EEXIST || errno == ENOTEMPTY else {
                throw SandboxError.system(call: "rename \(part)", errno: errno)
            }
        } catch {
            try? await launcher.perform(.removeTree(path: part))
            throw error
        }
        try await launcher.perform(.removeTree(path: part))
    }

    /// A short name for a path: FNV-1a, 64 bits.
    private static func name(of path: String) -> String {
        var sum: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in path.utf8 { sum = (sum ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return String(sum, radix: 16)
    }
}
