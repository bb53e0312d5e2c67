import Client
import CommandLineKit
import Evaluation
import Wire

struct EvaluateOptions: SharingOptions {
    var shared = SharedOptions()
    var kind: EvaluationProtocol?
    var suite = "tasks"
    var out: String?
    var agents: [String] = []
    var teacher = "teacher"
    var families: String?
    var conditions: String?
    var orders: String?
    var instances = 4
    var attempts = 1
    var seed = 1
    var allowUnenforced = false
}

extension Command {
    static let evaluate = Command(
        "evaluate",
        "Measures what skills are worth, by the protocols of the literature.",
        details: """
            'skillevolbench': libraries learn from tasks of T1 to T3 stage by stage, then unseen ones and T4 to T6 are run \
            with them frozen. Conditions: no_skill; raw_trajectory_rag, passing runs as they were; selfgen_zero_shot, written from the \
            instructions alone; selfgen_experience_always, mined after each stage without a gate; curated_static, the suite's \
            own skills; curated_with_revision_always, these revised by the miner. Orders A, B and C rotate the tiers.

            'after': each skill on its own, on what it was learnt from (local), on unseen tasks of its role (cross-task), of \
            other roles (cross-role), and, with --agent given again, with other agents (cross-model).

            What is learnt from are the teacher's runs. The daemon's library is neither read nor changed. --out has the \
            plan, a line for each result, report.json and report.html; the same command goes on after an interruption with \
            the same daemon. Tasks are written by ROLE/FAMILY/generate.py of the suite, which run here, as the caller.
            """,
        values: EvaluateOptions(),
        parameters: [
            .option("--protocol", value: "NAME", to: \.kind, "Which protocol."),
            .option("--out", "-o", value: "DIR", to: \.out, "Where results are kept."),
            .option("--suite", value: "DIR", to: \.suite, default: "tasks", "Where families of tasks lie."),
            .repeated(
                "--agent",
                "-a",
                value: "AGENT",
                to: \.agents,
                "Who is measured: follower (the default), nop, oracle, replay:FILE, 'command:PROGRAM' or 'acp:PROGRAM'."
            ),
            .option(
                "--teacher",
                value: "AGENT",
                to: \.teacher,
                default: "teacher",
                "Whose runs are learnt from; those of the oracle are withheld from distillers."
            ),
            .option("--families", value: "A,B", to: \.families, "Only these families."),
            .option(
                "--conditions",
                value: "A,B",
                to: \.conditions,
                "Only these conditions; no_skill is always there. Default all, of 'after' raw, mined and curated."
            ),
            .option("--orders", value: "A,B,C", to: \.orders, "Only these orders."),
            .option("--instances", value: "N", to: \.instances, default: "4", "Held-out instances of each tier."),
            .option("--attempts", "-k", value: "K", to: \.attempts, default: "1", "Trials of each instance."),
            .option(
                "--seed",
                value: "N",
                to: \.seed,
                default: "1",
                "What instances and the teacher's mistakes follow from."
            ),
            .flag("--allow-unenforced", to: \.allowUnenforced, "Accept limits that this host cannot enforce."),
        ] + EvaluateOptions.sharedParameters,
        examples: [
            .init(
                "executorctl evaluate --protocol skillevolbench --out out/seb",
                "All conditions on the suite in tasks/"
            ),
            .init(
                "executorctl evaluate --protocol after --families regression-hunt,late-event-upsert --out out/after",
                "Where do the skills of two families help?"
            ),
        ]
    ) { options in
        let suite = try EvaluationSuite(options.suite)
        let plan = try options.plan(suite)
        let directory = try EvaluationDirectory(try options.directory, plan: plan)
        let daemon = try options.shared.access.connectOrStart()
        let progress = EvaluationProgress(EvaluationState(directory.plan, directory.records))
        let state: EvaluationState
        do {
            defer { progress.end() }
            state = try EvaluationRun(daemon: daemon, shared: options.shared, suite: suite, directory: directory)
                .run(progress: progress)
        }
        let report = EvaluationReport(state)
        try directory.writeReports(report)
        if options.shared.json {
            try options.shared.printJSON(report)
        } else {
            EvaluationTable.print(report, to: .output)
            Terminal.output.print([Line("\(directory.path)/report.html has all of it")])
        }
        return ExitStatus.done
    }
}

extension EvaluateOptions {
    fileprivate var directory: String {
        get throws(UsageError) {
            guard let out else { throw UsageError("--out is missing: where shall results be kept?") }
            return out
        }
    }

    fileprivate func plan(_ suite: EvaluationSuite) throws -> EvaluationPlan {
        guard let kind else {
            throw UsageError("--protocol is missing: \(EvaluationProtocol.choices.joined(separator: " or "))")
        }
        guard (1...400).contains(instances) else { throw UsageError("--instances must be 1 to 400") }
        guard (1...100).contains(attempts) else { throw UsageError("--attempts must be 1 to 100") }
        guard (1...1_000_000).contains(seed) else { throw UsageError("--seed must be 1 to 1000000") }
        let families = try suite.families(named: Self.words(families))
        let usual = kind == .after ? Self.carried : Condition.allCases
        let chosen = try conditions.map { try Self.choices($0, "--conditions") } ?? usual
        let agents = try (agents.isEmpty ? ["follower"] : agents).map(EvaluationAgent.spec)
        let teacher = try EvaluationAgent.spec(teacher)
        guard EvaluationAgent.program(of: teacher) == nil else {
            throw UsageError("--teacher must be an agent of the daemon's")
        }
        return EvaluationPlan(
            kind: kind,
            run: String(UInt32.random(in: 0 ... .max), radix: 16),
            version: Release.version,
            suite: suite.digest(of: families),
            families: families,
            conditions: Condition.allCases.filter { $0 == .noSkill || chosen.contains($0) },
            orders: try orders.map { try Self.choices($0, "--orders") } ?? LearningOrder.allCases,
            teacher: teacher,
            agents: agents,
            instances: instances,
            attempts: attempts,
            seed: UInt64(seed),
            allowUnenforced: allowUnenforced
        )
    }

    private static func words(_ text: String?) -> [String] {
        (text ?? "").split(separator: ",").map(String.init)
    }

    /// Whose skills 'after' carries over to other tasks.
    private static let carried: [Condition] = [.rawTrajectories, .experience, .curated]

    /// Those that are named, in the declared order.
    private static func choices<Value: CaseIterable & RawRepresentable>(_ text: String?, _ option: String)
        throws(UsageError)
        -> [Value] where Value.RawValue == String
    {
        let all = Array(Value.allCases)
        let names = words(text)
        if let unknown = names.first(where: { Value(rawValue: $0) == nil }) {
            throw UsageError("\(option): '\(unknown)' is not one of \(all.map(\.rawValue).joined(separator: ", "))")
        }
        return all.filter { names.contains($0.rawValue) }
    }
}
