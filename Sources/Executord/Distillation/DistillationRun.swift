import Distillation
import FoundationEssentials
import Skills
import Tasks
import Trajectory
import Wire

/// One distillation: the trials that may be learnt from, by family, through a distiller, to the library's door.
struct DistillationRun: Sendable {
    let trials: TrialService
    /// Whose trials are read; nil is everybody's.
    let owner: UInt32?
    /// Whose the repetitions of runs are.
    let user: UInt32
    /// Runs of the student that follows skills are read, too: somebody has named them.
    let readsStudents: Bool
    /// Told how far the distiller is.
    var progress: @Sendable (DistillProgress) async -> Void = { _ in }

    private var services: TrialServices { trials.services }

    /// When none are named the newest are read: until so many are found that may be learnt from, or so many were looked at.
    private static let (most, mostLookedAt) = (2000, 20_000)

    /// Nothing is filed unless all of the distiller's answers are there.
    func run(_ params: SkillDistill.Params, by chosen: ChosenDistiller) async throws -> SkillDistill.Result {
        let distiller = chosen.distiller
        var result = SkillDistill.Result(trials: 0, withheld: [:], proposals: [], notes: [])
        let (trials, withheld) = try await training(params)
        (result.trials, result.withheld) = (trials.count, withheld)
        var answers: [(family: String?, request: DistillRequest, response: DistillResponse)] = []
        let given = try params.library.map { try GivenLibrary($0, shelf: services.shelf) }
        let least = distiller.info.capabilities.minimumTrajectories
        // Who needs no trials looks after the library, which is one for all families.
        let families: [String?] = least == 0 ? [params.family] : Set(trials.map(\.task.family)).sorted()
        for family in families {
            let count = trials.count { family == nil || $0.task.family == family }
            guard count >= least else {
                result.notes.append("\(Self.name(family)): \(count) trials are too few for \(distiller.info.name)")
                continue
            }
            let request = try await self.request(of: trials.sorted { $0.id < $1.id }, family, chosen, given)
            let repeated = RepeatedRuns(
                self.trials,
                user: user,
                distiller: distiller.info.name,
                family: family ?? "library",
                limit: request.budget.replays,
                progress: progress
            )
            var context = DistillContext(progress: progress)
            if request.budget.replays > 0 {
                context.replay = { trial, actions in try await repeated.outcome(of: trial, actions) }
            }
            answers.append((family, request, try await distiller.distill(request, context: context)))
        }
        for (family, request, response) in answers {
            let filing = Filing(
                library: services.library,
                given: given,
                family: Self.name(family),
                isDryRun: params.dryRun
            )
            result.proposals += try await filing.file(response, for: request)
            result.notes += response.notes.map { "\(Self.name(family)): \($0.text)" }
        }
        return result
    }

    private static func name(_ family: String?) -> String { family ?? "all families" }

    /// Whether any of the trials that are meant may be learnt from.
    func hasSomethingToLearn(_ params: SkillDistill.Params) async throws -> Bool {
        try await !training(params).trials.isEmpty
    }

    /// The trials that may be learnt from, and how many may not, by reason.
    private func training(
        _ params: SkillDistill.Params
    ) async throws -> (trials: [DistillRequest.Trajectory], withheld: [String: Int]) {
        var (trials, withheld): ([DistillRequest.Trajectory], [String: Int]) = ([], [:])
        func read(_ names: [String]) async throws {
            for name in names where trials.count < Self.most || !params.from.isEmpty {
                do {
                    let trial = try await training(name).trajectory
                    if params.family == nil || trial.task.family == params.family { trials.append(trial) }
                } catch let reason as TrainingTrial.Withheld {
                    withheld[reason.rawValue, default: 0] += 1
                }
            }
        }
        guard params.from.isEmpty else {
            try await read(names(params.from))
            return (trials, withheld)
        }
        var (last, seen): (Int?, Int) = (nil, 0)
        while trials.count < Self.most, seen < Self.mostLookedAt {
            let page = try await services.store.unrepeatedTrials(before: last, limit: Self.most, visibleTo: owner)
            guard let oldest = page.last else { break }
            (last, seen) = (oldest.number, seen + page.count)
            try await read(page.map(\.name))
        }
        return (trials, withheld)
    }

    private func names(_ from: [String]) async throws -> [String] {
        let store = services.store
        var names: [String] = []
        for name in from {
            let job = try await store.trials(ofJob: name, visibleTo: owner)
            names += job.isEmpty ? [try await store.resolve(name, visibleTo: owner)] : job
        }
        return Set(names).sorted()
    }

    private func training(_ name: String) async throws -> TrainingTrial {
        let detail = try await services.store.detail(name)
        guard let task = try? services.tasks.load(detail.configuration.taskDigest) else {
            throw TrainingTrial.Withheld.taskGone
        }
        if detail.configuration.agent.kind == .follower, !readsStudents { throw TrainingTrial.Withheld.student }
        return try TrainingTrial(
            detail,
            events: try await services.store.events(name),
            task: task,
            kind: TrialKind(of: task.definition),
            split: task.definition.split,
            strength: try await services.store.strength(ofTask: detail.configuration.taskDigest)
        )
    }

    /// The same trials and the same library make the same request, whenever it is asked for.
    private func request(
        of trials: [DistillRequest.Trajectory],
        _ family: String?,
        _ chosen: ChosenDistiller,
        _ given: GivenLibrary?
    ) async throws -> DistillRequest {
        let own = trials.filter { family == nil || $0.task.family == family }
        let role = family == nil ? nil : own.first?.task.role
        // The strength of a verifier may have been measured since.
        let ids = trials.map { "\($0.id) \($0.evidence.verifier?.strength.map { "\($0)" } ?? "-")" }.joined(
            separator: "\n"
        )
        let snapshot: String
        let skills: [DistillRequest.Skill]
        var history = DistillRequest.History()
        if let given {
            (snapshot, skills) = (given.digest, try given.requested())
        } else {
            snapshot = try await services.library.current().digest
            let kind = family.map { TrialKind(family: $0, role: role) }
            skills = try await known(kind)
            history = try await RefusedEdits(kind, in: services.library).history
        }
        let refused = history.rejectedEdits.map { " -\($0.digest)" }.joined()
        let asked = "\(chosen.distiller.info.name)\n\(family ?? "")\n\(snapshot)\n\(chosen.budget.replays)\(refused)"
        let key = "\(asked)\n\(ids)"
        return DistillRequest(
            schema: DistillRequest.schema,
            requestID: "sha256:" + SHA256.hex(of: Array(key.utf8)),
            created: trials.compactMap(\.started).max() ?? Timestamp(milliseconds: 0),
            seed: 1,
            library: DistillRequest.Library(snapshot: snapshot, skills: skills),
            scope: DistillRequest.Scope(
                family: family,
                role: role?.isEmpty == false ? role : nil,
                models: Set(own.map(\.agent.model)).sorted(),
                harnesses: Set(own.map(\.agent.harness)).sorted()
            ),
            policy: DistillRequest.Policy(feedback: .binary),
            budget: chosen.budget,
            trajectories: trials,
            pairs: Self.pairs(own),
            history: history
        )
    }

    /// Versions that a proposal may build on.
    private static let knownStates: Set<SkillState> = [
        .linted, .evidenced, .audited, .staged, .canary, .active, .narrowed,
    ]

    /// What the daemon's library has for trials of a kind; nil is all that it has.
    private func known(_ kind: TrialKind?) async throws -> [DistillRequest.Skill] {
        var skills: [DistillRequest.Skill] = []
        for version in try await services.library.skills(in: kind, states: Self.knownStates) {
            skills.append(try await skill(version))
        }
        return skills
    }

    private func skill(_ version: SkillVersion) async throws -> DistillRequest.Skill {
        let tree = try await services.library.tree(version.reference)
        let usage = try await services.library.usage(version.reference)
        let record = try await SkillRecord(of: version.reference, services)
        return DistillRequest.Skill(
            id: version.reference.skill,
            version: version.reference.version,
            digest: version.digest,
            state: version.state.rawValue,
            tier: version.tier.name,
            files: DistillRequest.File.all(of: tree),
            stats: DistillRequest.Statistics(
                mounted: usage.mounted,
                opened: usage.opened,
                followed: usage.followed,
                credit: .init(repairs: usage.helped, regressions: usage.hurt),
                leaveOneOutAverage: record.audits.average,
                leaveOneOutBelow: record.audits.below,
                harmEvidence: record.harmEvidence,
                contexts: record.contexts
            )
        )
    }

    private static func pairs(_ trials: [DistillRequest.Trajectory]) -> [DistillRequest.Pair] {
        Set(trials.map(\.task.id)).sorted().compactMap { task in
            let own = trials.filter { $0.task.id == task }
            let success = own.filter { $0.evidence.verdict == .pass }.map(\.id)
            let failure = own.filter { [.fail, .partial].contains($0.evidence.verdict) }.map(\.id)
            return success.isEmpty || failure.isEmpty
                ? nil : DistillRequest.Pair(task: task, success: success, failure: failure)
        }
    }
}
