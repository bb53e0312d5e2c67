import Distillation
import Skills
import Wire

/// Small runs, written as the things that were done.
enum RunFixture {
    typealias Request = DistillRequest

    /// A shell line and what came of it.
    static func shell(
        _ id: String,
        _ line: String,
        exit: Int = 0,
        stdout: String = "",
        stderr: String = "",
        created: [String] = [],
        read: [String] = [],
        files: Bool = true
    ) -> Request.Action {
        Request.Action(
            id: id,
            kind: .exec,
            argv: ["bash", "-c", line],
            cwd: "work",
            exit: exit,
            stdout: .init(head: stdout, bytes: stdout.utf8.count),
            stderr: .init(head: stderr, bytes: stderr.utf8.count),
            files: files ? .init(created: created, read: read) : nil
        )
    }

    static func run(
        _ id: String,
        task: String,
        family: String = "csv-report",
        role: String = "T1",
        model: String = "m1",
        instruction: String = "Sum up the orders.",
        verdict: Request.RunVerdict = .pass,
        outcome: Request.OutcomeClass? = nil,
        facts: [Request.Fact] = [],
        checks: [String] = [],
        _ actions: [Request.Action]
    ) -> Request.Trajectory {
        Request.Trajectory(
            id: id,
            started: Timestamp(milliseconds: 1_000),
            task: .init(id: task, family: family, role: role, instruction: instruction, publicChecks: checks),
            agent: .init(model: model, harness: "h"),
            environment: .init(image: "sha256:0", tools: ["python3@3.12"], facts: facts),
            actions: actions,
            evidence: .init(verdict: verdict, reward: verdict == .pass ? 1 : 0, outcome: outcome)
        )
    }

    static func request(
        _ trajectories: [Request.Trajectory],
        family: String? = "csv-report",
        library: [Request.Skill] = [],
        policy: Request.Policy = .init(),
        rejected: [Request.RejectedEdit] = [],
        replays: Int = 64
    ) -> Request {
        Request(
            schema: Request.schema,
            requestID: "r1",
            created: Timestamp(milliseconds: 0),
            seed: 1,
            library: .init(snapshot: "sha256:1", skills: library),
            scope: .init(family: family),
            policy: policy,
            budget: .init(wallSeconds: 300, cpuSeconds: 300, memoryMegabytes: 1024, replays: replays),
            trajectories: trajectories,
            history: .init(rejectedEdits: rejected)
        )
    }

    static let refused = "error: externally-managed-environment"

    /// A passing run of a task that sums up a CSV file: a failed installation, its fix, three steps and a probe.
    static func report(
        _ number: Int,
        file: String,
        total: String = "17",
        family: String = "csv-report",
        answer: String? = nil
    ) -> Request.Trajectory {
        let id = "tr_\(number)"
        return run(
            id,
            task: "t\(number)",
            family: family,
            model: "m\(number % 2)",
            instruction: "Sum up \(file) into report.json.",
            facts: [.init(id: "f1", key: "python.pep668", value: true)],
            checks: ["report_exists"],
            [
                shell("a1", "ls -la", stdout: file),
                shell("a2", "pip install pandas", exit: 1, stderr: refused),
                shell("a3", "pip install --break-system-packages pandas", stdout: "ok"),
                shell("a4", "head -5 in/\(file)", stdout: "id,amount\n1,\(total)", read: ["in/\(file)"]),
                shell(
                    "a5",
                    "cd /work && python3 summarise.py --input in/\(file) > totals.csv && sort totals.csv -o sorted.csv",
                    created: ["totals.csv", "sorted.csv"],
                    read: ["in/\(file)"]
                ),
                shell(
                    "a6",
                    "python3 -c \"import pandas; pandas.read_csv('sorted.csv').to_json('report.json')\""
                        + (answer.map { "; echo \($0) > answer.txt" } ?? ""),
                    created: ["report.json"]
                ),
                shell("a7", "test -s report.json", read: ["report.json"]),
            ]
        )
    }

    /// A failing run of the same task, which leaves out the step that counts.
    static func failing(_ number: Int, task: Int, file: String) -> Request.Trajectory {
        run(
            "tr_\(number)",
            task: "t\(task)",
            instruction: "Sum up \(file) into report.json.",
            verdict: .fail,
            [
                shell("a1", "pip install pandas", exit: 1, stderr: refused),
                shell("a2", "pip install --break-system-packages pandas", stdout: "ok"),
                shell("a3", "echo '{}' > report.json", created: ["report.json"]),
            ]
        )
    }

    /// A run of a second kind of work of the same family, in words of its own; `more` is done at the end.
    static func archive(_ number: Int, more: [String] = []) -> Request.Trajectory {
        let name = "backup-\(number).tgz"
        return run(
            "tr_\(number)",
            task: "z\(number)",
            instruction: "Archive backup-\(number) of last month and record its digest.",
            [
                shell("a1", "tar -czf \(name) data", created: [name]),
                shell("a2", "split -b 1m \(name) part.", created: ["part.aa"]),
                shell("a3", "rsync -a part.aa store/", created: ["store/part.aa"]),
            ] + more.enumerated().map { shell("b\($0)", $1, created: ["more"]) }
                + [shell("a4", "tar -tzf \(name)")]
        )
    }

    static let archives = (11...14).map { archive($0) }

    /// The skill of the family, as a request's library has it.
    static func held(_ tree: SkillTree) -> Request.Skill {
        let files = tree.paths.map { Request.File(path: $0, digest: "sha256:0", text: tree.files[$0]?.text) }
        return .init(id: "csv-report", version: 1, digest: tree.digest, state: "active", tier: "T2", files: files)
    }

    static let reports: [Request.Trajectory] = [
        report(1, file: "orders.csv"), report(2, file: "sales-2.csv"), report(3, file: "q3.csv"),
        report(4, file: "north.csv"),
        failing(5, task: 1, file: "orders.csv"), failing(6, task: 2, file: "sales-2.csv"),
        run("tr_7", task: "t9", verdict: .infra, [shell("a1", "boom", exit: 1)]),
    ]
}
