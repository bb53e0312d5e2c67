import Client
import CommandLineKit
import Wire

struct SkillListOptions: SharingOptions {
    var shared = SharedOptions()
    var states: [String] = []
}

struct SkillOptions: SharingOptions {
    var shared = SharedOptions()
    var skill = ""

    static let parameter = Parameter<SkillOptions>.argument(
        "SKILL",
        to: \.skill,
        "NAME@VERSION, or NAME for the version that is served, else its newest."
    )
}

struct SkillSearchOptions: SharingOptions {
    var shared = SharedOptions()
    var words: [String] = []
    var family: String?
    var role: String?
    var all = false
    var limit = 10
}

struct SkillSubject: SharingOptions {
    var shared = SharedOptions()
    var subject: String?
}

extension Command {
    static let skillList = Command(
        "list",
        "Lists the library's skills.",
        details: """
            Without --state all versions but those that are out of use. Trials with '--skill auto' are given what is \
            active or narrowed.
            """,
        values: SkillListOptions(),
        parameters: [
            .repeated("--state", value: "STATE", to: \.states, "Only versions in this state; may be given again.")
        ] + SkillListOptions.sharedParameters,
        examples: [
            .init("executorctl skill list", "What is there, and where does it stand?"),
            .init("executorctl skill list --state staged --state canary", "What waits for proof?"),
        ]
    ) { options in
        let connection = try options.shared.access.connectOrStart().connection
        let result = try connection.call(SkillList.self, .init(states: options.states.isEmpty ? nil : options.states))
        if options.shared.json {
            try options.shared.printJSON(result)
        } else if result.skills.isEmpty {
            Terminal.output.write("No skills; 'executorctl skill import DIR' takes one in.\n")
        } else {
            Terminal.output.write(SkillTable.list(result.skills).render(for: .output))
            Terminal.output.print([Line("snapshot \(result.snapshot)", .dim)])
        }
        return ExitStatus.done
    }

    static let skillShow = Command(
        "show",
        "Shows a version: its text, what supports its lines, and how it was used.",
        values: SkillOptions(),
        parameters: [SkillOptions.parameter] + SkillOptions.sharedParameters,
        examples: [
            .init("executorctl skill show csv-clean", "The version that is served"),
            .init("executorctl skill show csv-clean@2", "An older one"),
        ]
    ) { options in
        let connection = try options.shared.access.connectOrStart().connection
        let result = try connection.call(SkillShow.self, .init(reference: options.skill))
        if options.shared.json {
            try options.shared.printJSON(result)
        } else {
            Terminal.output.print(SkillTable.details(result))
        }
        return ExitStatus.done
    }

    static let skillLog = Command(
        "log",
        "Shows what happened to a skill's versions, or to the library as a whole.",
        details: "Without SKILL: the snapshots, which are what trials with '--skill auto' are given at a time.",
        values: SkillSubject(),
        parameters: [.argument("SKILL", to: \.subject, "The skill's name.")] + SkillSubject.sharedParameters,
        examples: [
            .init("executorctl skill log csv-clean", "Every decision about it, with its reason"),
            .init("executorctl skill log", "Every snapshot, for 'skill diff' and 'skill rollback'"),
        ]
    ) { options in
        let connection = try options.shared.access.connectOrStart().connection
        guard let skill = options.subject else {
            let result = try connection.call(SkillSnapshots.self, Empty())
            if options.shared.json {
                try options.shared.printJSON(result)
            } else {
                Terminal.output.write(SkillTable.snapshots(result.snapshots).render(for: .output))
            }
            return ExitStatus.done
        }
        let result = try connection.call(SkillLog.self, .init(skill: skill))
        if options.shared.json {
            try options.shared.printJSON(result)
        } else {
            Terminal.output.write(SkillTable.steps(result.steps).render(for: .output))
            if !result.gate.isEmpty { Terminal.output.print([Line(""), Line("The gate:", .bold)]) }
            for step in result.gate {
                let time = step.at.map { Figures.moment($0) + " " } ?? ""
                Terminal.output.print([Line("\(time)\(step.skill) ", .dim) + GateLines.step(step)])
            }
        }
        return ExitStatus.done
    }

    static let skillSearch = Command(
        "search",
        "Looks for skills by words, commands or an instruction.",
        values: SkillSearchOptions(),
        parameters: [
            .option("--family", value: "FAMILY", to: \.family, "Only what a trial of this family may be given."),
            .option("--role", value: "ROLE", to: \.role, "Only what a trial of this role may be given."),
            .flag("--all", "-a", to: \.all, "Versions in all states, not only those that are served."),
            .option("--limit", "-n", value: "N", to: \.limit, default: "10", "At most so many."),
            .arguments("WORD", to: \.words, "What to look for."),
        ] + SkillSearchOptions.sharedParameters,
        examples: [.init("executorctl skill search repair a csv export", "What would help with this?")]
    ) { options in
        guard options.limit > 0 else { throw UsageError("--limit must be above 0") }
        let connection = try options.shared.access.connectOrStart().connection
        let result = try connection.call(
            SkillSearch.self,
            .init(
                text: options.words.joined(separator: " "),
                family: options.family,
                role: options.role,
                all: options.all,
                limit: options.limit
            )
        )
        if options.shared.json {
            try options.shared.printJSON(result)
        } else if result.hits.isEmpty {
            Terminal.output.write("Nothing found; --all looks among versions that are not served, too.\n")
        } else {
            Terminal.output.write(SkillTable.list(result.hits.map(\.skill)).render(for: .output))
        }
        return ExitStatus.done
    }
}
