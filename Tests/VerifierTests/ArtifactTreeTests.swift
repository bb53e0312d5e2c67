import Sandbox
import SandboxPlan
import Testing

@testable import Verifier

struct ArtifactTreeTests {
    private func staysInside(_ target: String, from path: String) -> Bool {
        ArtifactTree.staysInside(Array(target.utf8), from: Array(path.utf8))
    }

    @Test func linksMayLeadToWhatIsInTheArtifact() {
        for (path, target) in [
            ("l", "x"), ("l", "./x/y"), ("a/l", "../x"), ("a/b/l", "../../x/y"), ("a/b/l", ".."), ("a/l", "b//c"),
            ("a/b/c/l", ".././../x"),
        ] {
            #expect(staysInside(target, from: path), "\(path) -> \(target)")
        }
    }

    /// The last ones would leave through another link: as `a/b -> ..` is allowed, `a/b/../tests` is not.
    @Test func linksMayNotLeadOutside() {
        for (path, target) in [
            ("l", "/tests/expected"), ("l", ".."), ("l", "../tests"), ("a/l", "../../tests"), ("a/l", ".././../x"),
            ("l", ""), ("l", "/"), ("l", "x\0"), ("a/b/l", "../../../x"), ("l", "a/b/../../tests"), ("l", "a/.."),
            ("a/l", "../b/../c"),
        ] {
            #expect(!staysInside(target, from: path), "\(path) -> \(target)")
        }
    }

    @Test func whatIsNoFileIsLeftOutAndCounted() {
        func item(_ kind: TreeEntry.Kind, _ path: String, target: String = "", size: UInt64 = 0) -> CollectedTree.Item {
            var entry = TreeEntry(kind: kind, path: Array(path.utf8), size: size, target: Array(target.utf8))
            entry.contentBytes = size
            return CollectedTree.Item(entry: entry, content: [UInt8](repeating: 1, count: Int(size)))
        }
        let collected = CollectedTree(items: [
            item(.directory, "d"), item(.file, "d/f", size: 3), item(.symlink, "d/in", target: "f"),
            item(.symlink, "d/out", target: "/etc/passwd"), item(.other, "fifo"), item(.file, "skip.tmp", size: 1),
            item(.directory, "x.tmp"), item(.directory, "x.tmp/y"), item(.file, "x.tmp/y/z", size: 1),
        ])
        var asked: [String] = []
        let artifact = ArtifactTree(collected) { path in
            asked.append(path)
            return path.hasSuffix(".tmp")
        }
        #expect(!asked.contains { $0.hasPrefix("x.tmp/") })
        #expect(artifact.tree.items.map { String(decoding: $0.entry.path, as: UTF8.self) } == ["d", "d/f", "d/in"])
        #expect(artifact.leftOut == 2 && artifact.problem.isEmpty && artifact.singleFile == nil)

        var cut = item(.file, "", size: 3)
        cut.entry.size = 1 << 40
        let single = ArtifactTree(CollectedTree(items: [cut]))
        #expect(single.singleFile != nil && single.problem.contains("1099511627776"))
        var broken = collected
        broken.incomplete = "more than 5 entries"
        #expect(ArtifactTree(broken).problem == "more than 5 entries")
    }
}
