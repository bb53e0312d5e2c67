package import Sandbox
import SandboxPlan

/// What of a collected tree is an artifact: files, directories, and links that lead to something in it.
///
/// A verifier that runs apart gets this, so what an agent's link names must not be the verifier's own files.
package struct ArtifactTree: Sendable {
    package private(set) var tree = CollectedTree()
    /// Links that lead outside, and devices, FIFOs and sockets.
    package private(set) var leftOut = 0
    /// Why it is not whole, and thus no artifact; empty when it is.
    package private(set) var problem: String

    /// `excluding` tells whether a path below the collected directory was declared as not wanted; what is below such a path
    /// is not asked for.
    package init(_ collected: CollectedTree, excluding: (String) -> Bool = { _ in false }) {
        problem = collected.incomplete
        // A directory comes before what is in it.
        var skipped: [UInt8]?
        for item in collected.items {
            let path = item.entry.path
            if let skipped, path.starts(with: skipped) { continue }
            // A single file has no path, and no exclusions.
            if !path.isEmpty, excluding(String(decoding: path, as: UTF8.self)) {
                if item.entry.kind == .directory { skipped = path + [UInt8(ascii: "/")] }
                continue
            }
            switch item.entry.kind {
            case .file:
                if item.entry.contentBytes < item.entry.size, problem.isEmpty {
                    problem = "a file of \(item.entry.size) bytes could not be copied whole"
                }
                tree.items.append(item)
            case .directory: tree.items.append(item)
            case .symlink where Self.staysInside(item.entry.target, from: path): tree.items.append(item)
            case .symlink, .other: leftOut += 1
            case .deleted, .emptied, .end, .hardlink: break
            }
        }
    }

    /// The file that was collected instead of a directory.
    package var singleFile: CollectedTree.Item? {
        tree.items.first { $0.entry.path.isEmpty && $0.entry.kind == .file }
    }

    /// Whether a link at `path` leads to a place below the top, whatever other such links there are.
    ///
    /// Upwards it may go first of all, from where it lies: there nothing but directories is above it. After a name,
    /// which may be a link itself, `..` could leave.
    package static func staysInside(_ target: [UInt8], from path: [UInt8]) -> Bool {
        guard let first = target.first, first != UInt8(ascii: "/"), !target.contains(0) else { return false }
        var depth = path.split(separator: UInt8(ascii: "/")).count - 1
        var isBelowName = false
        for part in target.split(separator: UInt8(ascii: "/")) where !part.elementsEqual(".".utf8) {
            guard part.elementsEqual("..".utf8) else {
                isBelowName = true
                continue
            }
            depth -= 1
            if isBelowName || depth < 0 { return false }
        }
        return true
    }
}
