/// Which actions of passing runs are needed, found out by repeating one run of each task with fewer (step 8).
struct Minimisation: Sendable {
    /// A run of which no single action can be left out any more, if it is complete.
    struct Run: Sendable {
        let id: String
        /// The references of the actions that were kept.
        let needed: Set<String>
        let actions: Int
        /// Equal statements to those that were kept have one of them.
        let shapes: Set<String>
        /// The replays sufficed; else some of the actions may not be needed.
        let isComplete: Bool
    }

    /// Sorted by id.
    private(set) var runs: [Run] = []
    /// Why other runs were not minimised.
    private(set) var obstacles: [Obstacle] = []

    /// Whether a step is needed in one of the runs that have it; one that none of them has is kept.
    func keeps(_ step: MinedStep) -> Bool {
        let judged = runs.filter { step.runs.contains($0.id) }
        return judged.isEmpty || judged.contains { $0.shapes.contains(step.shape) }
    }

    /// Why a run was not minimised.
    enum Obstacle: Error, Sendable, Hashable {
        case noReplay
        case noRun
        case tooFewReplays(String)
        case unrepeatable(String, why: String)
        case nondeterministic(String)

        /// As a skill says it.
        var text: String {
            switch self {
            case .noReplay: "runs were not repeated"
            case .noRun: "no run passed"
            case .tooFewReplays(let run): "no replays were left for run \(run)"
            case .unrepeatable(let run, _): "run \(run) cannot be repeated"
            case .nondeterministic(let run): "run \(run) does not pass each time it is repeated"
            }
        }

        /// The same with what the host said.
        var note: String { if case .unrepeatable(_, let why) = self { "\(text): \(why)" } else { text } }
    }

    /// Delta debugging (Zeller and Hildebrandt) over the actions of the shortest passing run of each task.
    ///
    /// Each kind of work has its turn before any has a second one.
    ///
    /// - Returns: what was found for each of `kinds`, and how many replays that took.
    static func minimise(
        _ kinds: [[MinedRun]],
        replay: DistillContext.Replay?,
        limit: Int
    ) async throws -> (kinds: [Minimisation], replays: Int) {
        var found = kinds.map { _ in Minimisation() }
        guard let replay, limit > 0 else {
            for index in found.indices { found[index].obstacles = [.noReplay] }
            return (found, 0)
        }
        let shortest = kinds.map(shortestRuns)
        var search = DeltaSearch(replay: replay, limit: limit)
        for turn in 0..<(shortest.map(\.count).max() ?? 0) {
            for (kind, runs) in shortest.enumerated() where turn < runs.count {
                do throws(DeltaSearch.Failure) {
                    found[kind].runs.append(try await search.minimised(runs[turn]))
                } catch .obstacle(let obstacle) {
                    found[kind].obstacles.append(obstacle)
                } catch .host(let error) {
                    throw error
                }
            }
        }
        for index in found.indices {
            found[index].runs.sort { $0.id < $1.id }
            if shortest[index].isEmpty { found[index].obstacles = [.noRun] }
        }
        return (found, search.replays)
    }

    /// The shortest passing run of each task, the shortest of all first.
    private static func shortestRuns(of runs: [MinedRun]) -> [MinedRun] {
        func isShorter(_ left: MinedRun, _ right: MinedRun) -> Bool {
            (left.source.actions.count, left.id) < (right.source.actions.count, right.id)
        }
        let tasks = Dictionary(grouping: runs.filter(\.succeeded), by: \.task)
        return tasks.values.compactMap { $0.min(by: isShorter) }.sorted(by: isShorter)
    }
}
