package import Sandbox
import SandboxPlan
package import Wire

/// What an agent changed, as its frozen layer shows it.
package struct ChangeList: Sendable {
    /// Absolute paths inside the sandbox, in the layer's order.
    package var changes: [ChangedPath] = []
    /// Why the list is not complete; empty when it is.
    package var incomplete = ""

    /// Puts the trees of a layer together.
    ///
    /// - Parameters:
    ///   - trees: what was listed in each upper directory, with the path it is mounted at inside.
    ///   - ignoring: directories that the daemon itself made in the layer.
    package init(_ trees: [(tree: CollectedTree, target: String)], ignoring: Set<String>) {
        for (tree, target) in trees {
            if !tree.incomplete.isEmpty { incomplete = tree.incomplete }
            for item in tree.items {
                let path = (target == "/" ? "" : target) + "/" + printable(item.entry.path)
                let kind = kind(of: item.entry)
                guard kind != .directory || !ignoring.contains(path) else { continue }
                changes.append(ChangedPath(path: path, kind: kind, bytes: bytes(of: item.entry)))
            }
        }
    }

    /// Changes outside `directory`; parents of it are not changes of their own.
    package func outside(_ directory: String) -> [ChangedPath] {
        guard directory != "/" else { return [] }
        return changes.filter { change in
            change.path != directory && !change.path.hasPrefix(directory + "/")
                && !(change.kind == .directory && directory.hasPrefix(change.path + "/"))
        }
    }

    /// Whether nothing is changed at a path, above it or below it; directories that are ignored are no changes.
    package func leavesAlone(_ path: String) -> Bool {
        incomplete.isEmpty
            && changes.allSatisfy { change in
                change.path != path && !change.path.hasPrefix(path + "/") && !path.hasPrefix(change.path + "/")
            }
    }

    private func kind(of entry: TreeEntry) -> ChangedPath.Kind {
        switch entry.kind {
        case .file: .file
        case .directory: .directory
        case .symlink: .symlink
        case .deleted: .deleted
        case .other, .emptied, .end, .hardlink: .other
        }
    }

    private func bytes(of entry: TreeEntry) -> Int? {
        entry.kind == .file ? Int(clamping: entry.size) : nil
    }
}
