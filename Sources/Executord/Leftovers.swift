import FoundationEssentials
import Sandbox

/// What a daemon that was killed left half-made in its state; the next one has the state to itself, by the store's lock.
///
/// Processes and cgroups are `CgroupTree.sweep`'s; mounts and loop devices ended with the launcher; what belongs to ids
/// of sandboxes is `SandboxHost.start`'s.
struct Leftovers: Sendable {
    let state: String

    /// Tasks that were being received, exports that were being packed, images that were being put together.
    func remove() {
        remove(from: "tasks") { $0.hasPrefix("incoming-") }
        remove(from: "scratch") { name in ["export-", "build-", "skill-", "skills-"].contains { name.hasPrefix($0) } }
        remove(from: "images") { HostImage.isDraft($0) }
    }

    private func remove(from directory: String, where isLeft: (String) -> Bool) {
        let files = FileManager.default
        for name in (try? files.contentsOfDirectory(atPath: "\(state)/\(directory)")) ?? [] where isLeft(name) {
            do {
                try files.removeItem(atPath: "\(state)/\(directory)/\(name)")
            } catch {
                Log.warning("\(state)/\(directory)/\(name) is left over and cannot be removed: \(error)")
            }
        }
    }
}
