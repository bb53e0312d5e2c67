import FoundationEssentials
import Glibc
import Testing
import Wire

@testable import Skills

@Suite struct SkillGitTests {
    private func output(_ command: String) -> String {
        guard let pipe = popen("LC_ALL=C TZ=UTC \(command) 2>&1", "r") else { return "popen failed" }
        defer { pclose(pipe) }
        var bytes: [UInt8] = []
        while true {
            let byte = fgetc(pipe)
            if byte == EOF { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(UInt8(truncatingIfNeeded: byte))
        }
    }

    private func library(_ path: String) async throws -> SkillLibrary {
        let library = try SkillLibrary.open(path: path)
        let time = Timestamp(milliseconds: 1_790_000_000_500)
        var tree = SkillTree.sample(body: "[a](scripts/a%20%22b%22.sh)\n")
        tree.files["scripts/a \"b\".sh"] = .init(Array("#!/bin/sh\n".utf8), isExecutable: true)
        tree.files["assets/bytes"] = .init((0...255).map { $0 })
        var proposal = SkillProposal.sample()
        proposal.rationale = "data 5\ncommit refs/heads/evil\n"
        try await library.add(tree, proposal, actor: "mine <x>\ncommitter y", at: time)
        try await library.add(.sample(name: "other"), .sample(), actor: "me", at: Timestamp(milliseconds: 1_790_000_100_000))
        try await library.add(.sample(body: "# Two\n"), .sample(), actor: "me", at: Timestamp(milliseconds: 1_790_000_200_000))
        return library
    }

    @Test func everyVersionIsACommitAndEqualLibrariesMakeEqualOnes() async throws {
        let place = try TemporaryDirectory()
        let library = try await library(place.path + "/skills.db")
        try await library.exportGit(to: place.path + "/git")
        let git = "git -C \(place.path)/git"
        let log = output("\(git) log --all --format='%s|%an|%cn|%at|%ct'")
        #expect(
            log == """
                csv-clean: version 2|me|executord|1790000200|1790000200
                other: version 1|me|executord|1790000100|1790000100
                csv-clean: version 1|mine xcommitter y|executord|1790000000|1790000000

                """
        )
        #expect(output("\(git) status --porcelain") == "" && output("\(git) fsck --strict --no-dangling") == "")
        #expect(output("\(git) show HEAD~2:csv-clean/assets/bytes | sha256sum").prefix(64) == SHA256.hex(of: (0...255).map { $0 })[...])
        #expect(output("\(git) ls-tree HEAD~1 'csv-clean/scripts/'").hasPrefix("100755 blob"))
        // The second version has no script, and the other skill stays.
        #expect(output("\(git) ls-tree -r --name-only HEAD") == "csv-clean/SKILL.md\nother/SKILL.md\n")
        #expect(SkillLint.findings(try SkillTree(readingFrom: place.path + "/git/csv-clean"), directory: "csv-clean") == [])
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path + "/git/.git").allSatisfy { !$0.hasPrefix("executord") })

        let second = try await self.library(place.path + "/second.db")
        try await second.exportGit(to: place.path + "/git2")
        #expect(output("git -C \(place.path)/git2 rev-parse HEAD") == output("\(git) rev-parse HEAD"))
        try await second.exportGit(["other"], to: place.path + "/git3")
        #expect(output("git -C \(place.path)/git3 ls-tree -r --name-only HEAD") == "other/SKILL.md\n")
    }

    @Test func whatCannotBeExportedSaysSo() async throws {
        let place = try TemporaryDirectory()
        let library = try await library(place.path + "/skills.db")
        await #expect(throws: SkillLibraryError.folder(.file(operation: "write into", path: place.path, errno: ENOTEMPTY))) {
            try await library.exportGit(to: place.path)
        }
        await #expect(throws: SkillLibraryError.noSkill("nope")) { try await library.exportGit(["nope"], to: place.path + "/a") }
        let empty = try SkillLibrary.open(path: place.path + "/empty.db")
        try await empty.exportGit(to: place.path + "/b")
        #expect(output("git -C \(place.path)/b log --format=%s") == "empty library\n")
    }
}
