import FoundationEssentials
import Glibc
import Testing
import Wire

@testable import Skills

@Suite struct SkillTreeTests {
    @Test func theDigestIsThatOfTheSortedLines() {
        let tree = SkillTree(["b": .init("two"), "a/c": .init("one"), "a.sh": .init(Array("run".utf8), isExecutable: true)])
        let lines = ["a.sh", "a/c", "b"].map { path in
            let hex = SHA256.hex(of: tree.files[path]?.bytes ?? [])
            return "\(path)\0\(hex)" + (path == "a.sh" ? " x\n" : "\n")
        }
        #expect(tree.digest == "sha256:" + SHA256.hex(of: Array(lines.joined().utf8)))
        #expect(SkillTree().digest == "sha256:" + SHA256.hex(of: []))
    }

    @Test func theDigestTellsNamesBytesAndModesApart() {
        let trees = [
            SkillTree(["a": .init("x")]), SkillTree(["b": .init("x")]), SkillTree(["a": .init("y")]),
            SkillTree(["a": .init(Array("x".utf8), isExecutable: true)]), SkillTree(["a": .init("x"), "b": .init("")]),
        ]
        #expect(Set(trees.map(\.digest)).count == trees.count)
    }

    @Test func aFolderComesBackAsItWasWritten() throws {
        let place = try TemporaryDirectory()
        var tree = SkillTree.sample()
        tree.files["scripts/deep/run.sh"] = .init(Array("#!/bin/sh\n".utf8), isExecutable: true)
        tree.files["assets/p.bin"] = .init([0, 255, 10, 13])
        tree.files["empty"] = .init([])
        try tree.write(to: place.path + "/csv-clean")
        #expect(try SkillTree(readingFrom: place.path + "/csv-clean") == tree)
    }

    @Test func nothingIsWrittenOverOrOutside() throws {
        let place = try TemporaryDirectory()
        let folder = place.path + "/s"
        try SkillTree.sample().write(to: folder)
        #expect(throws: SkillFolderError.file(operation: "write into", path: folder, errno: ENOTEMPTY)) {
            try SkillTree.sample(name: "other").write(to: folder)
        }
        for path in ["../out", "/etc/x", "a//b", "a/../../x", "", "a/.", "a\\b", "a\nb", "a\u{1b}[31m", String(repeating: "x", count: 256)] {
            #expect(throws: SkillFolderError.unsafePath(path)) {
                try SkillTree([path: .init("x")]).write(to: place.path + "/new")
            }
        }
        // Refused before anything was made.
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path) == ["s"])
    }

    @Test func linksAndPipesAreRefused() throws {
        let place = try TemporaryDirectory()
        for (name, make) in [
            ("link", { symlink("/etc/passwd", $0) }), ("folder", { symlink("/etc", $0) }), ("pipe", { mkfifo($0, 0o600) }),
        ] as [(String, (String) -> CInt)] {
            let folder = place.path + "/with-\(name)"
            try SkillTree.sample().write(to: folder)
            #expect(make(folder + "/" + name) == 0)
            #expect(throws: SkillFolderError.notAFile(path: "\(folder)/\(name)")) { try SkillTree(readingFrom: folder) }
        }
    }

    @Test func limitsHold() throws {
        let place = try TemporaryDirectory()
        var limits = SkillLimits()
        (limits.files, limits.bytesPerFile, limits.bytes, limits.depth) = (3, 10, 15, 2)
        func refusal(_ tree: SkillTree, _ name: String) throws -> SkillFolderError? {
            try tree.write(to: "\(place.path)/\(name)")
            do throws(SkillFolderError) {
                _ = try SkillTree(readingFrom: "\(place.path)/\(name)", limits: limits)
                return nil
            } catch {
                return error
            }
        }
        let ten = SkillTree.File(String(repeating: "x", count: 10))
        #expect(try refusal(SkillTree(["a": ten, "x/y/b": .init("12345")]), "fits") == nil)
        let cases = [
            "files": SkillTree(["a": .init(""), "b": .init(""), "c": .init(""), "d": .init("")]),
            "file": SkillTree(["a": .init(String(repeating: "x", count: 11))]),
            "all": SkillTree(["a": ten, "b": ten]),
            "depth": SkillTree(["1/2/3/a": .init("")]),
        ]
        for (name, tree) in cases {
            guard case .tooLarge = try refusal(tree, name) else {
                Issue.record("\(name) was read")
                continue
            }
        }
    }
}
