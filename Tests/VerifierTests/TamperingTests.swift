import SandboxPlan
import Testing
import Wire

@testable import Sandbox
@testable import Verifier

struct TamperingTests {
    private static let image: Set = [
        "/usr/bin", "/usr/bin/python3", "/usr/bin/dash", "/usr/bin/awk", "/bin", "/usr/local/bin", "/usr/lib",
        "/usr/lib/x86_64-linux-gnu/libc.so.6", "/etc/ld.so.cache", "/etc/alternatives/awk", "/etc/passwd",
        "/usr/lib/python3.11/csv.py", "/usr/lib/python3.11/__pycache__/csv.cpython-311.pyc",
        "/usr/lib/python3/dist-packages/yaml", "/usr/lib/python3/dist-packages/yaml/loader.py",
        "/usr/lib/python3/dist-packages/six.py", "/usr/share/perl/5.36.0/strict.pm", "/usr/share/doc/base/README",
    ]

    private func judge(_ path: String, _ kind: ChangedPath.Kind = .file) -> Tampering {
        var list = ChangeList([], ignoring: [])
        list.changes = [ChangedPath(path: path, kind: kind)]
        return judgeTampering(list) { Self.image.contains($0) }
    }

    @Test(arguments: [
        // Replaced.
        "/usr/bin/python3", "/usr/lib/x86_64-linux-gnu/libc.so.6", "/usr/share/perl/5.36.0/strict.pm",
        "/etc/alternatives/awk", "/usr/lib/python3.11/__pycache__/csv.cpython-311.pyc",
        // Shadowed.
        "/usr/local/bin/python3", "/usr/local/sbin/dash", "/bin/awk", "/usr/lib/python3.11/csv/__init__.py",
        "/usr/lib/python3.11/csv.so", "/usr/lib/python3.11/lib-dynload/_new.so",
        "/usr/lib/python3/dist-packages/yaml/loader.cpython-311-x86_64-linux-gnu.so",
        "/usr/local/lib/python3.11/dist-packages/yaml/__init__.py", "/usr/local/lib/python3.11/dist-packages/six.py",
        // Picked up by itself.
        "/etc/ld.so.preload", "/etc/nsswitch.conf", "/etc/python3.11/sitecustomize.py", "/etc/perl/strict.pm",
        "/etc/ssl/openssl.cnf", "/usr/lib/python311.zip", "/usr/lib/python3/dist-packages/sitecustomize.py",
        "/usr/local/lib/python3.11/dist-packages/x.pth", "/usr/lib/python3/dist-packages/usercustomize/__init__.py",
    ])
    func takesTheSystemFromTheImage(path: String) {
        #expect(judge(path).systemIsTampered)
        #expect(judge(path).findings.count == 1)
    }

    @Test(arguments: ["/usr", "/etc", "/bin", "/lib64", "/usr/bin", "/usr/lib", "/usr/local/bin", "/usr/bin/python3"])
    func deletingAndLinkingCountToo(path: String) {
        for kind in [ChangedPath.Kind.deleted, .symlink] {
            #expect(judge(path, kind).systemIsTampered, "\(kind)")
            #expect(judge(path, kind).findings.first?.contains(path) == true)
        }
    }

    @Test(arguments: [
        "/usr/bin/nginx", "/usr/lib/nginx/modules/a.so", "/usr/share/doc/base/README", "/opt/tool/bin/python3",
        "/app/python3", "/app/sitecustomize.py", "/usr/local/lib/libnew.so.1", "/etc/nginx/nginx.conf", "/etc/passwd",
        "/etc/ld.so.conf.d/new.conf", "/etc/alternatives/new", "/root/.profile",
        "/usr/lib/python3/dist-packages/requests/__init__.py",
        "/usr/local/lib/python3.11/dist-packages/six-1.16.dist-info/RECORD",
    ])
    func installingSoftwareIsOrdinaryWork(path: String) {
        #expect(judge(path) == Tampering())
    }

    @Test func changedDirectoriesAreNoFindings() {
        for path in ["/usr", "/usr/bin", "/etc", "/etc/alternatives", "/usr/lib/python3.11", "/tests", "/logs"] {
            #expect(judge(path, .directory) == Tampering())
        }
    }

    @Test func theLoadersCacheAloneIsCovered() {
        let changed = judge("/etc/ld.so.cache")
        #expect(changed.loaderCacheIsChanged && !changed.systemIsTampered)
        #expect(changed.findings.count == 1)
        // Where the image has none there is nothing to cover it with.
        var list = ChangeList([], ignoring: [])
        list.changes = [ChangedPath(path: "/etc/ld.so.cache", kind: .file)]
        #expect(judgeTampering(list) { _ in false }.systemIsTampered)
    }

    @Test func newBytecodeIsNotReadAndNoFinding() {
        let change = judge("/usr/lib/python3/dist-packages/__pycache__/six.cpython-311.pyc")
        #expect(change.bytecodeIsNew)
        #expect(!change.systemIsTampered && change.findings.isEmpty)
    }

    @Test func aListThatIsNotCompleteProvesNothing() {
        var list = ChangeList([], ignoring: [])
        list.incomplete = "deeper than 200 directories"
        let tampering = judgeTampering(list) { _ in false }
        #expect(tampering.systemIsTampered)
        #expect(tampering.findings == ["the list of changes is not complete: deeper than 200 directories"])
    }

    @Test func plantedVerifierFilesAreToldButChangeNothing() {
        for path in ["/tests/test.sh", "/logs/verifier/reward.txt", "/tests", "/logs/verifier"] {
            #expect(judge(path, .symlink).findings == ["planted \(path), a path of the verifier's"])
            #expect(!judge(path, .symlink).systemIsTampered)
        }
        #expect(judge("/logs", .symlink).findings.count == 1)
        #expect(judge("/logs/agent/log.txt") == Tampering())
    }
}

struct ChangeListTests {
    private static func tree(_ entries: [(String, TreeEntry.Kind)]) -> CollectedTree {
        var tree = CollectedTree()
        tree.items = entries.map { .init(entry: TreeEntry(kind: $0.1, path: Array($0.0.utf8), size: 3), content: []) }
        return tree
    }

    @Test func theDaemonsOwnDirectoriesAreIgnoredButNotWhatReplacedThem() {
        let tree = Self.tree([("logs", .directory), ("tests", .symlink), ("app", .directory), ("app/x", .file)])
        let list = ChangeList(
            [(tree, "/"), (Self.tree([("bin/x", .deleted)]), "/usr")],
            ignoring: ["/logs", "/tests"]
        )
        #expect(list.changes.map(\.path) == ["/tests", "/app", "/app/x", "/usr/bin/x"])
        #expect(list.changes.map(\.kind) == [.symlink, .directory, .file, .deleted])
        #expect(list.changes[2].bytes == 3)
    }

    @Test func parentsOfTheWorkingDirectoryAreNotOutsideOfIt() {
        let entries: [(String, TreeEntry.Kind)] = [
            ("srv", .directory), ("srv/app", .directory), ("srv/app/x", .file), ("srv/application", .file),
            ("srv/other", .directory),
        ]
        let list = ChangeList([(Self.tree(entries), "/")], ignoring: [])
        #expect(list.outside("/srv/app").map(\.path) == ["/srv/application", "/srv/other"])
        #expect(list.outside("/").isEmpty)
    }
}
