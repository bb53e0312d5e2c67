/// Which runs of a family do the same kind of work: its tasks, clustered by what their passing runs did.
///
/// Runs of one task are of one kind, whatever they did: they differ in how, not in what.
enum WorkKinds {
    /// The mean Jaccard similarity from which on two sets of tasks are one kind.
    ///
    /// Measured on a teacher's lessons in the suite's six families: two instances of a tier have at least 0.70, tasks of two
    /// tiers at most 0.68, but for one pair of tiers that 0.84 makes one kind (docs/distillation.md).
    static let leastSimilarity = 0.7

    /// The runs of each kind that has `minimumSupport` passing runs, the largest kind first; runs stay in their order.
    ///
    /// All runs as one kind where none has so many. Failing runs are of their task's kind; of a task that nobody passed, of none.
    static func split(_ runs: [MinedRun], minimumSupport: Int) -> [[MinedRun]] {
        let passing = Dictionary(grouping: runs.filter(\.succeeded), by: \.task)
        let tasks = passing.keys.sorted()
        let clusters = clusters(of: tasks.map { commonWork(of: passing[$0] ?? []) })
        let kinds = clusters.map { cluster in
            let own = Set(cluster.map { tasks[$0] })
            return runs.filter { own.contains($0.task) }
        }
        let large = kinds.filter { $0.count(where: \.succeeded) >= minimumSupport }
        guard clusters.count > 1, !large.isEmpty else { return [runs] }
        return commonestFirst(large)
    }

    /// By their passing runs; of equals the first.
    static func commonestFirst(_ kinds: [[MinedRun]]) -> [[MinedRun]] {
        kinds.enumerated().sorted {
            (-$0.element.count(where: \.succeeded), $0.offset) < (-$1.element.count(where: \.succeeded), $1.offset)
        }
        .map(\.element)
    }

    /// What enough of a task's passing runs did that changed something.
    static func commonWork(of runs: [MinedRun]) -> Set<String> {
        var counts: [String: Int] = [:]
        for run in runs {
            let work = run.actions.filter { !$0.failed && $0.isEffectful }
            for feature in Set(work.flatMap(\.features)) { counts[feature, default: 0] += 1 }
        }
        let least = Contrast.leastSupport(of: runs.count, minimum: 1)
        return Set(counts.filter { $0.value >= least }.keys)
    }

    static func jaccard(_ left: Set<String>, _ right: Set<String>) -> Double {
        let all = left.union(right).count
        return all == 0 ? 1 : Double(left.intersection(right).count) / Double(all)
    }

    /// The mean of equal similarities is that similarity, and what is equal compares so, whatever the order of sums.
    private static func rounded(_ similarity: Double) -> Double { (similarity * 1e9).rounded() / 1e9 }

    /// Agglomerative, with the mean similarity of all pairs; each cluster sorted, by its first member.
    ///
    /// Along a chain of nearest neighbours, so that it takes the square of the number, not the cube; of equals the first.
    static func clusters(of sets: [Set<String>]) -> [[Int]] {
        var members: [[Int]] = sets.indices.map { [$0] }
        var similarity = sets.map { left in sets.map { rounded(jaccard(left, $0)) } }
        var open = Set(sets.indices)
        var done: [[Int]] = []
        var chain: [Int] = []
        while !open.isEmpty {
            if chain.isEmpty, let first = open.min() { chain.append(first) }
            guard let last = chain.last else { break }
            let others = open.filter { $0 != last }
            // The one before stays the nearest where another is as near: else the chain would go in circles.
            let before = chain.dropLast().last
            let nearest = others.min {
                (-similarity[last][$0], $0 == before ? 0 : 1, $0) < (-similarity[last][$1], $1 == before ? 0 : 1, $1)
            }
            guard let nearest, similarity[last][nearest] >= leastSimilarity else {
                // Merging others never brings them nearer than the nearest was.
                done.append(members[last])
                open.remove(last)
                chain.removeLast()
                continue
            }
            guard nearest == before else {
                chain.append(nearest)
                continue
            }
            let (kept, gone) = (min(last, nearest), max(last, nearest))
            let (many, few) = (Double(members[kept].count), Double(members[gone].count))
            for other in open where other != kept && other != gone {
                let mean = rounded(
                    (many * similarity[kept][other] + few * similarity[gone][other]) / (many + few)
                )
                similarity[kept][other] = mean
                similarity[other][kept] = mean
            }
            members[kept] += members[gone]
            open.remove(gone)
            chain.removeLast(2)
        }
        return done.map { $0.sorted() }.sorted { $0[0] < $1[0] }
    }
}
