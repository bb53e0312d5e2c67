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

    private func kind(of entry: TreeEntry) -> ChangedPath.Kind {
        switch entry.kind {
        case .file: .file
        case .directory: .directory
        case .symlink: .symlink
        case .deleted: .deleted
        case .other, .end: .other
        }
    }

    private func bytes(of entry: TreeEntry) -> Int? {
        entry.kind == .file ? Int(clamping: entry.size) : nil
    }
}

/// A raw path as text: control bytes and bytes that are not UTF-8 become `\xNN`, a backslash is doubled.
package func printable(_ path: [UInt8]) -> String {
    func escaped(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16)
        return "\\x" + (digits.count == 1 ? "0" : "") + digits
    }
    guard let text = String(validating: path, as: UTF8.self) else {
        return path.map { $0 >= 0x20 && $0 < 0x7f && $0 != 0x5c ? String(UnicodeScalar($0)) : escaped($0) }.joined()
    }
    return text.unicodeScalars.map { scalar in
        if scalar == "\\" { return "\\\\" }
        if scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) {
            return String(scalar).utf8.map(escaped).joined()
        }
        return String(scalar)
    }.joined()
}
