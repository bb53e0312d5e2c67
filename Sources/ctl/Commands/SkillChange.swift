import Client
import CommandLineKit
import Wire

struct SkillDecideOptions: SharingOptions {
    var shared = SharedOptions()
    var skill = ""
    var reason = ""
}

struct SkillRollbackOptions: SharingOptions {
    var shared = SharedOptions()
    var snapshot = ""
    var reason = ""
}

extension Command {
    static let skillPromote = decision(
        .promote,
        "Gives a version to agents from now on, on your word.",
        details: """
            The gate promotes what proves itself; this is for what a person vouches for. The version becomes active and of \
            tier T4, and takes the place of the one that was served; stages of the gate that it has not passed are in the log \
            with your reason.
            """,
        example: "executorctl skill promote csv-clean@3 -m reviewed"
    )

    static let skillQuarantine = decision(
        .quarantine,
        "Takes a version from agents until it has proved itself again.",
        details: "Its trials go on; no other is given it.",
        example: "executorctl skill quarantine csv-clean -m drops-last-lines"
    )

    static let skillRetire = decision(
        .retire,
        "Takes a version out of use for good.",
        details: "Nothing is deleted: its text and its log stay, and 'skill rollback' can bring back what was served.",
        example: "executorctl skill retire csv-clean@2 -m superseded"
    )

    static let skillRollback = Command(
        "rollback",
        "Gives agents exactly what they were given at an earlier snapshot.",
        details: """
            The history goes on: the older snapshot becomes the newest. A version that was quarantined since is not brought \
            back; stage it again first. Only root, the daemon's own user and administrators may.
            """,
        values: SkillRollbackOptions(),
        parameters: [
            .argument("SNAPSHOT", to: \.snapshot, "The beginning of its digest, as 'skill log' shows it."),
            .option("--reason", "-m", value: "TEXT", to: \.reason, "Why, for the log."),
        ] + SkillRollbackOptions.sharedParameters,
        examples: [.init("executorctl skill rollback 3f9a1c -m regression", "Go back")]
    ) { options in
        guard !options.reason.isEmpty else { throw UsageError("--reason is needed: the log is for people") }
        let connection = try options.shared.access.connectOrStart().connection
        let result = try connection.call(
            SkillRollback.self,
            .init(snapshot: options.snapshot, reason: options.reason)
        )
        if options.shared.json {
            try options.shared.printJSON(result)
        } else {
            let skills = result.skills.isEmpty ? "nothing is served" : result.skills.joined(separator: ", ")
            Terminal.output.print([Line("snapshot \(result.snapshot)"), Line(skills)])
        }
        return ExitStatus.done
    }

    private static func decision(
        _ decision: SkillDecision,
        _ about: String,
        details: String,
        example: String
    ) -> Command {
        Command(
            decision.rawValue,
            about,
            details: details + " Only root, the daemon's own user and administrators may.",
            values: SkillDecideOptions(),
            parameters: [
                .argument(
                    "SKILL",
                    to: \.skill,
                    "NAME@VERSION, or NAME for the version that is served, else its newest."
                ),
                .option("--reason", "-m", value: "TEXT", to: \.reason, "Why, for the log."),
            ] + SkillDecideOptions.sharedParameters,
            examples: [.init(example, "Decide, and say why")]
        ) { options in
            guard !options.reason.isEmpty else { throw UsageError("--reason is needed: the log is for people") }
            let connection = try options.shared.access.connectOrStart().connection
            let row = try connection.call(
                SkillDecide.self,
                .init(reference: options.skill, decision: decision, reason: options.reason)
            )
            if options.shared.json {
                try options.shared.printJSON(row)
            } else {
                Terminal.output.write("\(row.text) is \(row.state), \(row.tier)\n")
            }
            return ExitStatus.done
        }
    }
}
