/// Asks the host to repeat runs with fewer actions, as often as it may.
struct DeltaSearch {
    private let replay: DistillContext.Replay
    private let limit: Int
    private(set) var replays = 0
    /// Something about the run at hand was not asked, for want of replays.
    private var isCut = false

    /// Fewer than these find nothing: the whole run twice, one attempt, and what is left of it.
    private static let leastReplays = 4
    /// So many actions, or fewer, are tried one by one at once.
    private static let fewActions = 8

    /// What ends the search in a run.
    enum Failure: Error {
        case obstacle(Minimisation.Obstacle)
        /// The host's, which ends all.
        case host(any Error)
    }

    init(replay: @escaping DistillContext.Replay, limit: Int) {
        self.replay = replay
        self.limit = limit
    }

    /// - Throws: an obstacle when the run does not pass twice, or what is left of it does not pass again.
    mutating func minimised(_ run: MinedRun) async throws(Failure) -> Minimisation.Run {
        guard limit - replays >= Self.leastReplays else { throw .obstacle(.tooFewReplays(run.id)) }
        isCut = false
        var known: [[String]: Bool] = [:]
        let all = run.source.actions.filter { $0.kind != .message }.map(\.id)
        for _ in 0..<2 where try await !passes(run.id, all) { throw .obstacle(.nondeterministic(run.id)) }
        known[all] = true
        // What failed or only looked goes at once, if it may.
        let idle = Set(run.actions.filter { $0.failed || !$0.isEffectful }.map(\.reference))
        let kept = Set(run.actions.map(\.reference))
        let effective = all.filter { !idle.contains("\(run.id)/\($0)") && kept.contains("\(run.id)/\($0)") }
        var needed = all
        if !effective.isEmpty, try await passes(run.id, effective, &known) { needed = effective }
        needed = try await minimum(of: needed, run.id, &known)
        if needed != all, try await !passes(run.id, needed) { throw .obstacle(.nondeterministic(run.id)) }
        let references = Set(needed.map { "\(run.id)/\($0)" })
        let statements = run.actions.filter { references.contains($0.reference) }.flatMap(\.statements)
        return .init(
            id: run.id,
            needed: references,
            actions: all.count,
            shapes: Set(statements.map(\.shape)),
            isComplete: !isCut
        )
    }

    private mutating func passes(_ run: String, _ actions: [String]) async throws(Failure) -> Bool {
        replays += 1
        let outcome: ReplayOutcome
        do {
            outcome = try await replay(run, actions)
        } catch {
            throw .host(error)
        }
        if case .unrepeatable(let why) = outcome { throw .obstacle(.unrepeatable(run, why: why)) }
        return outcome == .passed
    }

    /// What was not asked, for want of replays, does not pass: then more is kept than is needed.
    ///
    /// The last replay is for what is left.
    private mutating func passes(
        _ run: String,
        _ actions: [String],
        _ known: inout [[String]: Bool]
    ) async throws(Failure) -> Bool {
        if let answer = known[actions] { return answer }
        guard replays < limit - 1 else {
            isCut = true
            return false
        }
        let answer = try await passes(run, actions)
        known[actions] = answer
        return answer
    }

    /// A list from which no single action can be left out, if the replays suffice.
    private mutating func minimum(
        of actions: [String],
        _ run: String,
        _ known: inout [[String]: Bool]
    ) async throws(Failure) -> [String] {
        var current = actions
        var parts = actions.count <= Self.fewActions ? actions.count : 2
        while current.count >= 2 {
            var reduced = false
            let size = (current.count + parts - 1) / parts
            for start in stride(from: 0, to: current.count, by: size) {
                let rest = Array(current[..<start] + current[min(start + size, current.count)...])
                if try await passes(run, rest, &known) {
                    current = rest
                    parts = max(2, parts - 1)
                    reduced = true
                    break
                }
            }
            if reduced { continue }
            if size == 1 { break }
            parts = min(current.count, parts * 2)
        }
        return current
    }
}
