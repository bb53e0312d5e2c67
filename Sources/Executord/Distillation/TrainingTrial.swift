import Distillation
import Skills
import Tasks
import Wire

/// A trial that may be learnt from, as distillers see it.
///
/// This is the seal of the split: requests are made of these alone, and of a trial nothing goes in but what its agent saw and
/// did, and the verdict. Tests, solutions, verifier output and held-out tasks have no way here.
struct TrainingTrial: Sendable {
    let trajectory: DistillRequest.Trajectory

    /// Why a trial may not be learnt from.
    enum Withheld: String, Error {
        case unfinished
        case notVerified = "not verified"
        case solution = "a reference solution"
        case attack = "an attack on the verifier"
        case heldOut = "held out"
        case repetition = "repeated for a distiller"
        /// What it does comes from skills: to learn from it unasked would be to learn from what was learnt.
        case student = "of a student that follows skills"
        /// Nobody can tell any more whether it was held out.
        case taskGone = "of a task that was removed"
    }

    init(
        _ detail: TrialDetail,
        events: [TrialEvent],
        task: LoadedTask,
        kind: TrialKind,
        split: String?,
        strength: Double?
    ) throws(Withheld) {
        // What says nothing of a split is for learning, as every task was before there were splits.
        guard split == nil || split == "learning" || split == "train" else { throw .heldOut }
        guard detail.configuration.attack == nil else { throw .attack }
        guard detail.configuration.repeats == nil else { throw .repetition }
        guard detail.configuration.agent.kind != .oracle else { throw .solution }
        guard detail.configuration.verifierMode != .none else { throw .notVerified }
        switch detail.summary.phase {
        case .finished, .errored: break
        case .cancelled, .interrupted, .queued, .starting, .agent, .freezing, .verifying: throw .unfinished
        }
        let begin = detail.summary.startedAt?.milliseconds ?? 0
        let actions = events.compactMap { event -> DistillRequest.Action? in
            guard case .action(let record) = event.body, record.phase == .agent else { return nil }
            return DistillRequest.Action(record, since: begin)
        }
        let openings = events.flatMap { event -> [DistillRequest.Opening] in
            guard case .action(let record) = event.body, record.phase == .agent else { return [] }
            let names = Set((record.evidence?.skills ?? []).map(\.skill))
            return names.sorted().map { .init(skill: $0, action: "a\(record.number)") }
        }
        trajectory = DistillRequest.Trajectory(
            id: detail.summary.trial,
            started: detail.summary.startedAt,
            task: DistillRequest.Task(
                id: task.definition.name,
                family: kind.family ?? task.definition.name,
                role: kind.role ?? "",
                instruction: task.stages.map(\.definition.instruction).joined(separator: "\n\n")
            ),
            agent: DistillRequest.Agent(model: detail.summary.agent, harness: detail.configuration.agent.kind.rawValue),
            environment: DistillRequest.Environment(image: detail.images?.agent ?? "host"),
            skills: DistillRequest.SkillUse(
                mounted: (detail.configuration.skills ?? []).map(\.text),
                opened: openings
            ),
            actions: actions,
            evidence: DistillRequest.Evidence(detail, strength: strength)
        )
    }
}

extension DistillRequest.Action {
    init(_ record: ActionRecord, since begin: Int64) {
        var (exit, signal) = (Int?.none, Int?.none)
        switch record.exit {
        case .exited(let code): exit = code
        case .signaled(let number): signal = number
        default: exit = -1
        }
        let changes = record.evidence?.files
        self.init(
            id: "a\(record.number)",
            startMilliseconds: Int(record.startedAt.milliseconds - begin),
            kind: record.request.file.map(Self.kind) ?? .exec,
            argv: record.request.file == nil ? record.request.argv : nil,
            path: record.request.file?.path,
            text: record.request.file?.content?.text,
            cwd: record.request.cwd,
            exit: exit,
            signal: signal,
            milliseconds: Int(record.cost.wallMilliseconds),
            stdout: DistillRequest.Output(record.stdout),
            stderr: DistillRequest.Output(record.stderr),
            files: changes.map {
                .init(created: $0.created ?? [], modified: $0.modified ?? [], deleted: $0.deleted ?? [])
            },
            calls: record.evidence?.denied.map { .init(denied: $0.map { .init(call: $0.call) }) }
        )
    }

    private static func kind(_ action: FileAction) -> DistillRequest.ActionKind {
        switch action.tool {
        case .read, .list, .stat, .download: .read
        case .write, .makeDirectory, .remove, .upload: .write
        }
    }
}

extension DistillRequest.Output {
    init?(_ record: OutputRecord) {
        guard record.totalBytes > 0 else { return nil }
        self.init(digest: record.blob, head: record.head, tail: record.tail, bytes: record.totalBytes)
    }
}

extension DistillRequest.Evidence {
    /// The verdict alone: which tests there were is the verifier's secret.
    init(_ detail: TrialDetail, strength: Double?) {
        let verdict = detail.verdict
        let outcome: DistillRequest.RunVerdict =
            switch verdict?.outcome {
            case .passed: .pass
            case .failed: (verdict?.reward ?? 0) > 0 ? .partial : .fail
            case .unverifiable: .error
            case nil: .infra
            }
        let groups = verdict.flatMap { verdict -> DistillRequest.CheckGroups? in
            guard let outcome = verdict.rewards["outcome"], let process = verdict.rewards["process"] else { return nil }
            return DistillRequest.CheckGroups(outcome: outcome >= 1, process: process >= 1)
        }
        self.init(
            verdict: outcome,
            reward: verdict?.reward,
            groups: groups,
            outcome: groups.map(Self.outcomeClass),
            verifier: verdict.map { verdict in
                .init(
                    digest: detail.configuration.taskDigest,
                    strength: strength,
                    isolated: verdict.mode == .isolated || verdict.mode == .separate
                )
            }
        )
    }

    private static func outcomeClass(_ groups: DistillRequest.CheckGroups) -> DistillRequest.OutcomeClass {
        switch (groups.outcome ?? false, groups.process ?? false) {
        case (true, true): .pass
        case (true, false): .shortcut
        case (false, true): .proceduralWrong
        case (false, false): .totalFailure
        }
    }
}
