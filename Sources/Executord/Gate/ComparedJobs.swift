import Skills
import Trajectory
import Wire

/// Two jobs that somebody ran, as the two sides of a comparison: they must differ in the version and in nothing else.
struct ComparedJobs: Sendable {
    let with: String
    let without: String
    let pairs: [MatchedTrials]
    /// What is said of trials that could not be paired.
    let remark: String

    init(_ subject: GateSubject) async throws {
        guard let with = subject.params.with, let without = subject.params.without else {
            throw WireError(.invalidParams, "one job alone is no comparison", remedy: "name both --with and --without")
        }
        (self.with, self.without) = (with, without)
        let sides = [try await Self.runs(of: with, subject), try await Self.runs(of: without, subject)]
        let digest = subject.version.digest
        func has(_ run: MatchedTrials.Run) -> Bool {
            run.configuration.skills?.contains { $0.digest == digest } ?? false
        }
        guard sides[0].allSatisfy(has), !sides[1].contains(where: has) else {
            throw WireError(
                .invalidParams,
                "every trial of \(with) must have \(subject.reference), and none of \(without)",
                remedy: "executorctl job run TASKS --skill \(subject.reference)"
            )
        }
        let learnt = Set(subject.sources.compactMap { $0.configuration?.taskDigest })
        let runs = sides.flatMap { $0 }
        // Of a task that was removed nobody knows what it was for.
        let fresh = Set(runs.map(\.configuration.taskDigest)).subtracting(learnt).filter { task in
            (try? subject.services.tasks.load(task)).map { !$0.isForLearning } ?? false
        }
        pairs = MatchedTrials.pairs(of: runs.filter { fresh.contains($0.configuration.taskDigest) }, isWith: has)
        for pair in pairs {
            guard let difference = Self.difference(pair, subject.reference.skill) else { continue }
            throw WireError(
                .invalidParams,
                "\(pair.with.name) and \(pair.without.name) differ in \(difference), not in the skill only",
                remedy: "run both jobs alike but for --skill"
            )
        }
        let left = sides[0].count + sides[1].count - 2 * pairs.count
        remark = left == 0 ? "" : "; \(left) trials have no match, or are of tasks for learning"
    }

    private static func runs(of job: String, _ subject: GateSubject) async throws -> [MatchedTrials.Run] {
        let store = subject.services.store
        let row = try await store.resolveJob(job, visibleTo: subject.caller.visibleOwner)
        var runs: [MatchedTrials.Run] = []
        for name in try await store.trials(ofJob: row.uuid, visibleTo: subject.caller.visibleOwner) {
            runs.append(MatchedTrials.Run(try await store.detail(name)))
        }
        return runs
    }

    /// The pairs of whose trials none was compared before.
    func unseen(_ subject: GateSubject) async throws -> [MatchedTrials] {
        let known = try await subject.library.pairs(of: subject.reference)
        let seen = Set(known.flatMap { [$0.with, $0.without] })
        return pairs.filter { seen.isDisjoint(with: [$0.with.name, $0.without.name]) }
    }

    /// What beside the skill tells two trials apart; nil where nothing does.
    static func difference(_ pair: MatchedTrials, _ skill: String) -> String? {
        let (one, other) = (pair.with.configuration, pair.without.configuration)
        func others(_ configuration: TrialConfiguration) -> [String] {
            (configuration.skills ?? []).filter { $0.name != skill }.map(\.digest).sorted()
        }
        if one.agent != other.agent { return "the agent" }
        if one.image != other.image { return "the image" }
        if one.network != other.network { return "the network" }
        if one.verifierMode != other.verifierMode { return "the verifier's mode" }
        if one.timeoutMultiplier != other.timeoutMultiplier { return "the time that they had" }
        return others(one) == others(other) ? nil : "other skills"
    }
}
