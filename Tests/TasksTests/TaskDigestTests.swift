import Tasks
import Testing
import Wire

@Suite struct TaskDigestTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func paths() throws -> [String] { try LoadedTask.load(directory: scratch.path).digest.files.map(\.path) }

    @Test("The digest is Harbor's")
    func knownAnswer() throws {
        try scratch.task("")
        let digest = try LoadedTask.load(directory: scratch.path).digest
        // Computed by Harbor 0.25 over the same files.
        #expect(digest.text == "sha256:f87fdea0a0e696b03bd4c359f5d04e4069502261dd062aeb2dcc3fb5af307598")
        #expect(
            digest.files.map(\.path) == [
                "environment/data.txt", "instruction.md", "solution/solve.sh", "task.toml", "tests/test.sh",
            ]
        )
        #expect(digest.files.first?.sha256 == SHA256.hex(of: Array("x\n".utf8)))
    }

    @Test("Only what is published counts, and each byte of it")
    func stability() throws {
        try scratch.task("")
        let before = try LoadedTask.load(directory: scratch.path).digest.text
        try scratch.write("notes.txt", "x")
        try scratch.write("jobs/1/result.json", "{}")
        try scratch.write("tests/__pycache__/t.pyc", "x")
        try scratch.write("tests/a/.DS_Store", "x")
        try scratch.write("environment/.x.swp", "x")
        #expect(try LoadedTask.load(directory: scratch.path).digest.text == before)
        try scratch.write("environment/data.txt", "x\r\n")
        #expect(try LoadedTask.load(directory: scratch.path).digest.text != before)
    }

    @Test("A .gitignore replaces the default ignores")
    func gitignore() throws {
        try scratch.task("")
        try scratch.write("tests/a.pyc", "x")
        try scratch.write("tests/log/a.log", "x")
        try scratch.write("tests/log/keep.log", "x")
        try scratch.write("environment/build/x", "x")
        try scratch.write("environment/deep/build/x", "x")
        try scratch.write("environment/deep/only/x", "x")
        try scratch.write("environment/[odd]", "x")
        #expect(try paths().contains("tests/a.pyc") == false)
        try scratch.write(
            ".gitignore",
            "# comment\n*.log\n!keep.log\n/environment/build/\n**/only/**\n\\[odd]  \nREADME.md\n"
        )
        #expect(
            try paths() == [
                "environment/data.txt", "environment/deep/build/x", "instruction.md", "solution/solve.sh", "task.toml",
                "tests/a.pyc", "tests/log/keep.log", "tests/test.sh",
            ]
        )
    }

    @Test("A .harborignore hides files below tests/ and solution/ only, deeper ones winning")
    func harborignore() throws {
        try scratch.task("")
        for name in ["a.tmp", "sub/a.tmp", "sub/keep.tmp", "dir/x", "sub/dir/x"] {
            try scratch.write("tests/" + name, "x")
            try scratch.write("environment/" + name, "x")
        }
        try scratch.write("tests/.harborignore", "*.tmp\n/dir/\n")
        try scratch.write("tests/sub/.harborignore", "!keep.tmp\n")
        try scratch.write("environment/.harborignore", "*\n")
        try scratch.link("tests/alias", to: "a.tmp")
        try scratch.link("tests/shown", to: "test.sh")
        #expect(
            try paths().filter { $0.hasPrefix("tests/") } == [
                "tests/shown", "tests/sub/dir/x", "tests/sub/keep.tmp", "tests/test.sh",
            ]
        )
        #expect(try paths().filter { $0.hasPrefix("environment/") }.count == 6)
    }

    @Test("Names are ordered by their bytes, links to directories are not entered")
    func order() throws {
        try scratch.task("")
        for name in ["a-b", "a/c", "a.d", "é", "Z", "z"] { try scratch.write("environment/x/" + name, "1") }
        try scratch.link("environment/x/loop", to: "..")
        #expect(
            try paths().filter { $0.hasPrefix("environment/x") } == [
                "environment/x/Z", "environment/x/a-b", "environment/x/a.d", "environment/x/a/c", "environment/x/z",
                "environment/x/é",
            ]
        )
    }

    @Test("Patterns made to explode are answered at once")
    func hostilePatterns() throws {
        try scratch.task("")
        try scratch.write("environment/" + String(repeating: "a", count: 200), "x")
        let stars = String(repeating: "*a", count: 60) + "b"
        let deep = String(repeating: "**/", count: 60) + "*a/b"
        try scratch.write(".gitignore", "\(stars)\n\(deep)\n[\n[a\n[]a\n!\n/\n**\n!**\n")
        #expect(try paths().count == 6)
    }
}
