import FoundationEssentials
import Testing
import Wire

// What versions before the gate are tried with: agents whose verdict depends on the skill's program, and tasks for them.
extension Station {
    /// The actions of an agent that runs the skill's program if it is there; `first` is what it does in any case.
    func student(first: String = "true") throws -> String {
        struct File: Encodable {
            var actions: [[String: String]]
        }
        let run = "if [ -f /skills/say-yes/scripts/answer.sh ]; then sh /skills/say-yes/scripts/answer.sh; fi"
        let file = try WireJSON.encode(File(actions: [["shell": first], ["shell": run]]))
        return try scratch.write(
            "student-\(UInt32.random(in: 0 ... .max)).json",
            String(decoding: file, as: UTF8.self)
        )
    }

    /// The folder of a skill `say-yes`; nil is one without a program.
    func sayYes(program: String?, text: String = "Say yes.") throws -> String {
        let place = "in-\(UInt32.random(in: 0 ... .max))/say-yes"
        let folder = try scratch.makeDirectory(place)
        let link = program == nil ? "" : "\nRun [the program](scripts/answer.sh).\n"
        let head = "---\nname: say-yes\ndescription: Writes the answer. Use when an answer is asked for.\n---\n"
        try scratch.write("\(place)/SKILL.md", "\(head)\n\(text)\n\(link)")
        if let program {
            _ = try scratch.makeDirectory("\(place)/scripts")
            try scratch.write("\(place)/scripts/answer.sh", program)
        }
        return folder
    }

    /// Takes a version of `say-yes` in; `options` are those of `skill import`.
    func takeIn(program: String?, text: String = "Say yes.", _ options: [String] = []) async throws {
        let taken = try await control(["skill", "import", try sayYes(program: program, text: text)] + options)
        try #require(taken.status == 0, "\(taken.errors)")
    }

    /// Tasks that differ in their names only; `metadata` are lines of that table.
    func heldOutTasks(
        _ count: Int,
        name: String = "held",
        verifier: String = TrialTests.answer,
        metadata: String = ""
    ) throws -> [String] {
        try (1...count).map { number in
            var task = MadeTask(name: "\(name)-\(number)", verifier: verifier)
            if !metadata.isEmpty { task.extra = "[metadata]\n\(metadata)\n" }
            let directory = try task.write(in: scratch)
            let place = String(directory.dropFirst(scratch.path.count + 1))
            try scratch.write(
                place + "/instruction.md",
                "Write the answer that is asked for into /app/answer; keep /app/own.\n"
            )
            return directory
        }
    }

    /// Leads a version of `say-yes` through the gate.
    func gate(_ options: [String]) async throws -> (value: SkillGate.Result, status: Int) {
        try await json(SkillGate.Result.self, ["skill", "gate", "say-yes"] + options)
    }

    func skillRow(_ reference: String) async throws -> SkillRow {
        try await json(SkillShow.Result.self, ["skill", "show", reference]).value.skill
    }
}

enum GateOptions {
    /// Replays of a student on tasks.
    static func replays(_ student: String, _ tasks: [String], attempts: Int = 1) -> [String] {
        ["--agent", "replay", "--replay", student, "-k", "\(attempts)"] + tasks.flatMap { ["--tasks", $0] }
    }
}
