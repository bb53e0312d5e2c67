import Distillation
import Skills
import Tasks
import Trajectory
import Wire

/// A version before the gate, with everything that the stages look at.
struct GateSubject: Sendable {
    let services: TrialServices
    let trials: TrialService
    let params: SkillGate.Params
    let caller: Caller
    /// Names this run of the gate.
    var run: String
    /// The test that was cut off and goes on with this run; nil of one that begins anew.
    var begun: BudgetSpending?
    /// As it is now: stages lead it on.
    var version: SkillVersion
    let tree: SkillTree
    let parent: ShapeCheck.Base?
    let served: ShapeCheck.Base?
    let sources: [SourceTrial]
    let tasks: GateTasks
    /// What the stages so far have compared on tasks that it was not learnt from.
    var pairs: [MatchedTrials] = []

    var reference: SkillReference { version.reference }
    var library: SkillLibrary { services.library }

    init(
        _ reference: SkillReference,
        _ params: SkillGate.Params,
        run: String,
        services: TrialServices,
        trials: TrialService,
        caller: Caller
    ) async throws {
        self.services = services
        self.trials = trials
        self.params = params
        self.caller = caller
        self.run = run
        let library = services.library
        let version = try await library.version(reference)
        self.version = version
        tree = try await library.tree(reference)
        let parent = version.proposal.parents.last { $0.skill == reference.skill }
        let served = try await library.current().entries.first { $0.reference.skill == reference.skill }?.reference
        self.parent = try await Self.base(parent, library)
        self.served = try await Self.base(served, library)
        var sources: [SourceTrial] = []
        for name in Self.cited(by: version) { sources.append(await SourceTrial(name, services)) }
        self.sources = sources
        tasks = try await GateTasks(params.tasks, version: version, sources: sources, services)
    }

    private static func base(_ reference: SkillReference?, _ library: SkillLibrary) async throws -> ShapeCheck.Base? {
        guard let reference else { return nil }
        return ShapeCheck.Base(version: try await library.version(reference), tree: try await library.tree(reference))
    }

    /// The trials that its lines cite, each once; a maintainer's `skill:` is none.
    private static func cited(by version: SkillVersion) -> [String] {
        Set(version.proposal.support.flatMap(\.evidence).compactMap(SourceTrial.name)).sorted()
    }

    /// The version, as trials are given it.
    func given() throws -> SkillGiven {
        SkillGiven(name: reference.skill, digest: try services.shelf.keep(tree), version: reference.version)
    }

    /// What trials without the version are given: the version that it would take the place of, if there is one.
    func givenOtherwise() throws -> [SkillGiven]? {
        guard let served, served.version.reference != reference else { return nil }
        let other = served.version.reference
        return [SkillGiven(name: other.skill, digest: try services.shelf.keep(served.tree), version: other.version)]
    }

    /// Tells the caller; one that is gone is no reason to stop, its leaving cancels the run.
    func tell(
        _ step: GateStep? = nil,
        advice: String? = nil,
        job: String? = nil,
        takenUp: SkillGateProgress.TakenUp? = nil
    ) async {
        let news = SkillGateProgress.Params(
            skill: reference.description,
            step: step,
            advice: advice,
            job: job,
            takenUp: takenUp
        )
        _ = await caller.connection.notify(SkillGateProgress.self, news)
    }
}

/// A trial that a skill's lines cite; what may not be learnt from has no trajectory, and the reason.
struct SourceTrial: Sendable {
    let name: String
    let trajectory: DistillRequest.Trajectory?
    let withheld: String?
    let configuration: TrialConfiguration?
    let image: String?
    let task: LoadedTask?

    init(_ name: String, _ services: TrialServices) async {
        self.name = name
        guard let detail = try? await services.store.detail(name) else {
            (trajectory, withheld, configuration, image, task) = (nil, "is not in the store", nil, nil, nil)
            return
        }
        configuration = detail.configuration
        image = detail.images?.agent
        task = try? services.tasks.load(detail.configuration.taskDigest)
        do {
            guard let task else { throw TrainingTrial.Withheld.taskGone }
            let events = try await services.store.events(name)
            trajectory = try TrainingTrial(
                detail,
                events: events,
                task: task,
                kind: TrialKind(of: task.definition),
                split: task.definition.split,
                strength: try await services.store.strength(ofTask: detail.configuration.taskDigest)
            ).trajectory
            withheld = nil
        } catch {
            trajectory = nil
            withheld = (error as? TrainingTrial.Withheld).map { "is \($0.rawValue)" } ?? "\(error)"
        }
    }

    /// The trial in `RUN/ACTION`, `RUN/CHECK`, `RUN/FACT` or `RUN`.
    static func name(in citation: String) -> String? {
        guard !citation.hasPrefix("skill:") else { return nil }
        return citation.lastIndex(of: "/").map { String(citation[..<$0]) } ?? citation
    }

    /// Solved, and not by a shortcut.
    var isSuccess: Bool { trajectory?.evidence.isSuccess ?? false }
}

extension LoadedTask {
    /// Whether its author gave it to be learnt from: distillers may have seen its trials.
    var isForLearning: Bool { ["learning", "train"].contains(definition.split) }
}

/// The tasks that a version was not learnt from: those that it is for, and others.
struct GateTasks: Sendable {
    struct Entry: Sendable {
        let job: JobTask
        let task: LoadedTask
        let kind: TrialKind
    }

    /// In the version's scope.
    let heldOut: [Entry]
    /// Outside it, where it must do no harm.
    let elsewhere: [Entry]
    /// Named, but learnt from.
    let known: [String]

    init(
        _ tasks: [JobTask],
        version: SkillVersion,
        sources: [SourceTrial],
        _ services: TrialServices
    ) async throws {
        let learnt = Set(sources.compactMap { $0.configuration?.taskDigest })
        var (heldOut, elsewhere, known): ([Entry], [Entry], [String]) = ([], [], [])
        var seen: Set<String> = []
        for named in tasks where seen.insert(named.digest).inserted {
            let task = try services.tasks.load(named.digest)
            if learnt.contains(named.digest) || task.isForLearning {
                known.append(task.definition.name)
                continue
            }
            var kind = TrialKind(of: task.definition)
            // As distillation names the family of a task that names none.
            kind.family = kind.family ?? task.definition.name
            let job = JobTask(digest: named.digest, name: task.definition.name, path: named.path)
            let entry = Entry(job: job, task: task, kind: kind)
            if version.scope.admits(kind) { heldOut.append(entry) } else { elsewhere.append(entry) }
        }
        (self.heldOut, self.elsewhere, self.known) = (heldOut, elsewhere, known)
    }

    /// What is said of tasks that were left out; empty where none was.
    var remark: String { known.isEmpty ? "" : "; \(known.count) of the tasks named are for learning and left out" }
}
