/// The order that most runs keep (step 4).
enum StepOrder {
    /// Of runs that have both, the share that must agree.
    static let leastAgreement = 0.8
    /// Steps that are shown as one.
    static let longestGroup = 5

    /// The steps in a partial order made a line; ties and circles go by the middle of the places.
    static func ordered(_ steps: [MinedStep]) -> [MinedStep] {
        let positions = steps.map { step in
            Dictionary(step.instances.map { ($0.run, $0.position) }) { first, _ in first }
        }
        var before = steps.map { _ in Set<Int>() }
        for left in steps.indices {
            for right in steps.indices where left != right {
                if precedes(positions[left], positions[right]) { before[right].insert(left) }
            }
        }
        var remaining = Set(steps.indices)
        var order: [MinedStep] = []
        func isEarlier(_ left: Int, _ right: Int) -> Bool {
            (steps[left].medianPosition, steps[left].shape) < (steps[right].medianPosition, steps[right].shape)
        }
        while !remaining.isEmpty {
            let free = remaining.filter { before[$0].isDisjoint(with: remaining) }
            guard let next = (free.isEmpty ? remaining : free).min(by: isEarlier) else { break }
            remaining.remove(next)
            order.append(steps[next])
        }
        return order
    }

    private static func precedes(_ left: [String: Int], _ right: [String: Int]) -> Bool {
        let both = left.filter { right[$0.key] != nil }
        guard !both.isEmpty else { return false }
        let earlier = both.count { run, position in right[run].map { position < $0 } ?? false }
        return Double(earlier) >= leastAgreement * Double(both.count)
    }

    /// Neighbours that enough runs did without anything between them, as one group.
    static func groups(_ ordered: [MinedStep], minimumSupport: Int) -> [[MinedStep]] {
        // What each run did, in its order.
        var sequences: [String: [(position: Int, shape: String)]] = [:]
        for step in ordered {
            for instance in step.instances {
                sequences[instance.run, default: []].append((instance.position, step.shape))
            }
        }
        var contiguous: [String: [String: Int]] = [:]
        for sequence in sequences.values {
            let shapes = sequence.sorted { $0.position < $1.position }.map(\.shape)
            for (left, right) in zip(shapes, shapes.dropFirst()) {
                contiguous[left, default: [:]][right, default: 0] += 1
            }
        }
        var groups: [[MinedStep]] = []
        for step in ordered {
            if let group = groups.last, let last = group.last, group.count < longestGroup {
                let together = contiguous[last.shape]?[step.shape] ?? 0
                let both = Set(last.runs).intersection(step.runs).count
                if together >= minimumSupport && Double(together) >= leastAgreement * Double(both) {
                    groups[groups.count - 1].append(step)
                    continue
                }
            }
            groups.append([step])
        }
        return groups
    }
}
