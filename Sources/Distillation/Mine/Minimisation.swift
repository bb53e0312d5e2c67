/// Which actions of a passing run are needed, found out by repeating it with fewer (step 8).
struct Minimisation: Sendable {
    let run: String
    /// The references of the actions without which the run does not pass.
    let needed: Set<String>
    let actions: Int
    let replays: Int

    /// Why nothing was minimised.
    enum Obstacle: Error, Sendable, Hashable {
        case noReplay
        case noRun
        case unrepeatable(String)

        var text: String {
            switch self {
            case .noReplay: "the host cannot repeat runs here"
            case .noRun: "no run passed"
            case .unrepeatable(let run): "run \(run) does not end the same way twice"
            }
        }
    }

    /// Delta debugging (Zeller and Hildebrandt) over the actions of the shortest passing run.
    static func minimise(_ runs: [MinedRun], context: DistillContext) async throws -> Result<Minimisation, Obstacle> {
        guard let replay = context.replay else { return .failure(.noReplay) }
        let passing = runs.filter(\.succeeded)
        guard let run = passing.min(by: { ($0.actions.count, $0.id) < ($1.actions.count, $1.id) }) else {
            return .failure(.noRun)
        }
        var search = DeltaSearch(run: run.id, replay: replay, limit: context.replayLimit)
        let all = run.source.actions.filter { $0.kind != .message }.map(\.id)
        guard try await search.passes(all) else { return .failure(.unrepeatable(run.id)) }
        // Most of what failed or only looked goes at once.
        let idle = Set(run.actions.filter { $0.failed || !$0.isEffectful }.map(\.reference))
        let kept = Set(run.actions.map(\.reference))
        let effective = all.filter { !idle.contains("\(run.id)/\($0)") && kept.contains("\(run.id)/\($0)") }
        var needed = try await search.passes(effective) ? effective : all
        needed = try await search.minimum(of: needed)
        if search.isUnrepeatable { return .failure(.unrepeatable(run.id)) }
        return .success(
            Minimisation(
                run: run.id,
                needed: Set(needed.map { "\(run.id)/\($0)" }),
                actions: all.count,
                replays: search.replays
            )
        )
    }
}

/// Asks the host, as often as it may.
private struct DeltaSearch {
    let run: String
    let replay: DistillContext.Replay
    let limit: Int
    private(set) var replays = 0
    private(set) var isUnrepeatable = false
    private var known: [[String]: Bool] = [:]

    init(run: String, replay: @escaping DistillContext.Replay, limit: Int) {
        self.run = run
        self.replay = replay
        self.limit = limit
    }

    /// What was not asked, for want of replays, does not pass: then more is kept than is needed.
    mutating func passes(_ actions: [String]) async throws -> Bool {
        if let answer = known[actions] { return answer }
        guard replays < limit, !isUnrepeatable else { return false }
        replays += 1
        let outcome = try await replay(run, actions)
        if outcome == .unrepeatable { isUnrepeatable = true }
        known[actions] = outcome == .passed
        return outcome == .passed
    }

    /// A list from which no single action can be left out, if the replays suffice.
    mutating func minimum(of actions: [String]) async throws -> [String] {
        var current = actions
        var parts = 2
        while current.count >= 2 {
            var reduced = false
            let size = (current.count + parts - 1) / parts
            for start in stride(from: 0, to: current.count, by: size) {
                let rest = Array(current[..<start] + current[min(start + size, current.count)...])
                if try await passes(rest) {
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
