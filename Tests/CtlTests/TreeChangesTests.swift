import CommandLineKit
import Glibc
import Testing
import Wire

@testable import ctl

struct TreeChangesTests {
    private let tree: Directory
    private let work: Directory

    init() throws {
        tree = try Directory()
        work = try Directory()
    }

    private func changes(deleted: [String] = []) -> TreeChanges {
        TreeChanges(
            tree: tree.path,
            work: work.path,
            changed: deleted.map { ChangedPath(path: $0, kind: .deleted) }
        )
    }

    private func listed(_ changes: TreeChanges) throws -> [String] {
        try changes.differences().map { "\($0.letter) \($0.name.text)" }
    }

    @Test func filesDirectoriesAndLinksArriveAndDeletedOnesGo() throws {
        try work.write("old", to: "a/changed", mode: 0o600)
        try work.write("kept", to: "a/kept")
        try work.write("x", to: "gone/deep/file")
        try work.write("x", to: "single")
        try tree.write("new", to: "a/changed", mode: 0o4755)
        try tree.write("fresh", to: "b/c/fresh")
        try tree.link("b/link", to: "c/fresh")
        try tree.makeDirectory("empty")
        let changes = changes(deleted: ["gone", "single", "never/was"])
        #expect(
            try listed(changes) == [
                "M a/changed", "A b", "A b/c", "A b/c/fresh", "A b/link", "A empty", "D gone", "D never/was",
                "D single",
            ]
        )
        try changes.apply()
        #expect(
            try work.names() == ["a", "a/changed", "a/kept", "b", "b/c", "b/c/fresh", "b/link", "empty"]
        )
        #expect(work.read("a/changed") == "new" && work.read("b/c/fresh") == "fresh")
        #expect(work.target("b/link") == "c/fresh")
        var status = stat()
        try #require(stat(work.path + "/a/changed", &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o700, "what was private stays so, and set-uid is lost")
    }

    @Test(.enabled(if: geteuid() == 0, "only root may give files away"))
    func whatRootBringsHomeBelongsToWhoHadItOrToTheDirectorysOwner() throws {
        try work.write("old", to: "kept")
        #expect(chown(work.path, 1234, 1235) == 0 && chown(work.path + "/kept", 77, 78) == 0)
        try tree.write("new", to: "kept")
        try tree.write("fresh", to: "b/fresh")
        try tree.link("link", to: "nowhere")
        try changes().apply()
        for (name, owner) in [("kept", 77), ("b", 1234), ("b/fresh", 1234), ("link", 1234)] {
            var status = stat()
            try #require(lstat(work.path + "/" + name, &status) == 0)
            #expect(status.st_uid == owner && status.st_gid == owner + 1, "\(name)")
        }
    }

    @Test func nothingIsWrittenOrDeletedThroughALink() throws {
        let outside = try Directory()
        try outside.write("precious", to: "file")
        try work.link("dir", to: outside.path)
        try work.link("file", to: outside.path + "/file")
        try tree.write("evil", to: "dir/file")
        try tree.write("evil", to: "file")
        try changes(deleted: ["dir/file"]).apply()
        #expect(outside.read("file") == "precious")
        #expect(work.target("dir") == nil && work.read("dir/file") == "evil")
        #expect(work.target("file") == nil && work.read("file") == "evil")
    }

    @Test func aFileMayBecomeADirectoryAndBack() throws {
        try work.write("x", to: "one")
        try work.write("x", to: "two/below")
        try tree.write("new", to: "one/below")
        try tree.write("new", to: "two")
        try changes().apply()
        #expect(work.read("one/below") == "new" && work.read("two") == "new")
    }

    @Test func pipesAndTheLikeAreLeftOut() throws {
        try #require(mkfifo(tree.path + "/fifo", 0o600) == 0)
        try tree.write("x", to: "file")
        try changes().apply()
        #expect(try work.names() == ["file"])
    }

    @Test(
        "Names that lead elsewhere are not taken",
        arguments: [
            "/etc/passwd", "../x", "a/../../x", "a//b", "", ".", "a/.", "a\\x2f..\\x2f..\\x2fb", "a\\x00b", "a\\xzz",
            "a\\y", "a\\",
        ]
    )
    func unsafeNames(_ text: String) {
        #expect(TreeName(wire: text) == nil)
    }

    @Test func escapedBytesAreRead() throws {
        let name = try #require(TreeName(wire: #"dir/a\xff\\b"#))
        #expect(name.components == [Array("dir".utf8), [97, 0xFF, 0x5C, 98]])
    }

    @Test func diffShowsEveryKindOfChange() throws {
        try work.write("one\ntwo\n", to: "text")
        try work.write("bye\n", to: "gone")
        try work.link("was", to: "/etc/passwd")
        try tree.write("one\nthree\n", to: "text")
        try tree.write("hello\n", to: "new")
        try tree.write("now a file\n", to: "was")
        let scratch = try Directory()
        try scratch.write("", to: "out")
        let file = open(scratch.path + "/out", O_RDWR | O_CLOEXEC)
        defer { close(file) }
        let terminal = Terminal(descriptor: file, isTerminal: false, hasColours: false)
        try TreeDiff(changes: changes(deleted: ["gone"]), terminal: terminal).show()
        lseek(file, 0, SEEK_SET)
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(file, &bytes, bytes.count)
        let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(Array(lines.prefix(4)) == ["D gone", "A new", "M text", "M was"])
        for line in [
            "--- a/gone", "+++ /dev/null", "-bye", "--- /dev/null", "+++ b/new", "+hello", "--- a/text", "+++ b/text",
            "-two", "+three", "+now a file",
        ] {
            #expect(lines.contains { $0 == line }, "\(line) in \(text)")
        }
        #expect(!text.contains("root:"), "a link was followed")
    }
}
