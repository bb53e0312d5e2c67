import FoundationEssentials
import Glibc
import Testing
import Trajectory
import Wire

@testable import Skills

/// `kill -9` in the middle of the work: a child process adds, moves and rolls back until the signal ends it.
@Suite struct SkillDurabilityTests {
    @Test(arguments: [1, 2, 3])
    func everySnapshotSurvivesKill9(round: UInt32) async throws {
        let place = try TemporaryDirectory()
        let acknowledged = place.path + "/acknowledged"
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [path = place.path + "/skills.db" as String, acknowledged = acknowledged as String, round] in
            let library = try SkillLibrary.open(path: path)
            let log = open(acknowledged, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            var count = 0
            while true {
                count += 1
                let tree = SkillTree.sample(name: "s\(count % 3)", body: "# Version \(count)\n")
                let reference = try await library.add(tree, .sample(), actor: "child").reference
                try await library.activate(reference)
                if count % 4 == 0, let first = try await library.history().first {
                    _ = try? await library.rollback(to: first.digest, reason: "often", actor: "child")
                }
                let line = Array("\(reference) \(tree.digest) \(try await library.current().digest)\n".utf8)
                #expect(write(log, line, line.count) == line.count)
                // From another thread, at a moment that nobody chose, but after something was acknowledged.
                if count == 5 {
                    Task.detached {
                        try await Task.sleep(for: .microseconds(UInt64.random(in: 1...(20_000 * UInt64(round)))))
                        kill(getpid(), SIGKILL)
                    }
                }
            }
        }
        let text = try #require(String(validating: try Data(contentsOf: URL(filePath: acknowledged)), as: UTF8.self))
        let lines = text.split(separator: "\n")
        #expect(lines.count >= 5)
        let library = try SkillLibrary.open(path: place.path + "/skills.db")
        for line in lines {
            let parts = line.split(separator: " ").map(String.init)
            let reference = try #require(SkillReference(parts[0]))
            #expect(try await library.version(reference).digest == parts[1])
            #expect(try await library.snapshot(parts[2]).digest == parts[2])
        }
        // Every snapshot that is named is whole, down to the bytes of its files, and the last one is what is served.
        let history = try await library.history()
        #expect(history.count >= 5)
        for record in history {
            for entry in try await library.snapshot(record.digest).entries {
                #expect(try await library.tree(entry.reference).digest == entry.digest)
            }
        }
        #expect(try await library.current().digest == history.last?.digest)
        #expect(try await library.search(SkillQuery("version", states: Set(SkillState.allCases), limit: 1)).count == 1)
        let integrity = try Database(path: place.path + "/skills.db").rows("PRAGMA integrity_check") { $0.text(0) }
        #expect(integrity == ["ok"])
    }
}
