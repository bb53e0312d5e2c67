import Testing

@testable import Executord

/// What the scripted expert makes of a solution.
@Suite struct LessonTests {
    private static let heredoc = "/usr/bin/python3 - <<'X'\nname = 1\nprint(\"$HOME\")\nX"

    @Test func commandsStandForThemselves() {
        let script = [
            "#!/bin/sh\nset -eu\n", "# where\ncd /app/root\n", "cat a\n", "OUT=/app/out\n", "ls $OUT\n",
            Self.heredoc + "\n",
        ]
        #expect(
            SolutionActions(script).commands == [
                "cd /app/root && cat a", "OUT=/app/out && cd /app/root && ls $OUT", "cd /app/root && \(Self.heredoc)",
            ]
        )
    }

    @Test func whatComputesAVariableAndWhatUsesItAreOneCommand() {
        let script = ["low=1", "while test $low -lt 3; do low=$((low + 1)); done", "ls", "echo $low", "pwd"]
        let commands = SolutionActions(script).commands
        #expect(commands.count == 2 && commands[1] == "pwd")
        #expect(commands[0].hasSuffix("while test $low -lt 3; do low=$((low + 1)); done\nls\necho $low"))
    }

    private static let solution = [
        "ls -l /app/incident", "mkdir -p /app/out", "cp /app/incident/data.db /app/out/data.db",
        "python3 - <<'X'\nprint(1)\nX", "cat /app/out/report.json",
    ]

    private static func lesson(_ seed: UInt64) -> [String] {
        Lesson(solution, seed: seed, workingDirectory: "/app").commands
    }

    @Test func theSameSeedMakesTheSameLessonAndSeedsDiffer() {
        let lessons = (0..<200).map { Self.lesson(UInt64($0)) }
        #expect(lessons == (0..<200).map { Self.lesson(UInt64($0)) })
        #expect(Set(lessons).count > 100)
    }

    @Test func mistakesAreRepairedButInThreeOfTenSeeds() {
        let lessons = (0..<1000).map { Self.lesson(UInt64($0)) }
        // A lesson has the whole solution, in its order, with other things in between.
        let whole = lessons.count { lesson in
            var left = Self.solution[...]
            for command in lesson where command == left.first { left.removeFirst() }
            return left.isEmpty
        }
        #expect((650...750).contains(whole), "\(whole)")
        let all = Set(lessons.joined())
        #expect(all.contains("python - <<'X'\nprint(1)\nX"))
        #expect(all.contains("cp --verbose-all /app/incident/data.db /app/out/data.db"))
        #expect(all.contains { $0.hasPrefix("ls -l /app/") && $0 != "ls -l /app/incident" })
    }

    @Test func whatWouldStayIsNotDoneToAWrongPlace() {
        let python = ExpertCommand("cd /x && python3 /app/make.py >/app/out/table.csv")
        #expect(python.program == "python3" && !python.onlyLooks)
        #expect(Slip.wrongPath.commands(for: "mkdir -p /app/out", next: nil, last: nil) == nil)
        #expect(Slip.repetition.commands(for: "cp /a/b /c/d", next: nil, last: nil) == nil)
        #expect(Slip.missingDirectory.commands(for: "mkdir /app/o", next: "ls", last: nil) == ["ls", "mkdir /app/o"])
        #expect(ExpertCommand("cd /x && cat /app/docs/manual.md").withWrongPath == "cd /x && cat /app/docs/manul.md")
    }
}
