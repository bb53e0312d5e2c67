/// What paired runs on held-out tasks say of a candidate; that the mean went up is no answer.
package struct Comparison: Sendable, Hashable {
    package enum Answer: Sendable, Hashable {
        case better, harmful
        /// No difference was shown, and there were tasks enough to show one worth having.
        case noBetter
        /// No difference was shown, and there were too few tasks to expect it.
        case tooFewTasks
    }

    package let differences: PairedDifferences
    package let superiority: SignFlipTest
    package let harm: SignFlipTest
    package let interval: MeanInterval?
    package let answer: Answer

    /// Harm needs no budget: to take a harmless version for a harmful one costs a skill and no more.
    package static let harmAlpha = 0.05

    /// `alpha` is this candidate's share of the budget; `isEnough` says, before the run, whether there are tasks enough.
    package init(_ outcomes: [PairedOutcome], alpha: Double, isEnough: Bool) {
        let differences = PairedDifferences(outcomes)
        self.differences = differences
        superiority = SignFlipTest(differences)
        harm = SignFlipTest(PairedDifferences(outcomes.compactMap(\.reversed)))
        interval = MeanInterval(differences)
        if superiority.pValue <= alpha {
            answer = .better
        } else if harm.pValue <= Self.harmAlpha {
            answer = .harmful
        } else {
            answer = isEnough ? .noBetter : .tooFewTasks
        }
    }

    /// For the record.
    package var figures: [String: Double] {
        var figures: [String: Double] = [
            "tasks": Double(differences.count), "replays": Double(differences.replays),
            "difference": differences.mean, "repairs": Double(differences.repairs),
            "regressions": Double(differences.regressions), "p": superiority.pValue, "p_harm": harm.pValue,
        ]
        if let interval { (figures["low"], figures["high"]) = (interval.low, interval.high) }
        return figures
    }

    /// As in `12 tasks x 2: +25 points (95 % interval 3 to 47), 3 repaired, 0 broken, p = 0.03`.
    package var text: String {
        let range =
            interval.map { " (95 % interval \(Self.points($0.low)) to \(Self.points($0.high)))" } ?? ""
        return "\(differences.count) tasks x \(differences.replays): \(differences.mean >= 0 ? "+" : "")"
            + "\(Self.points(differences.mean)) points\(range), \(differences.repairs) repaired, "
            + "\(differences.regressions) broken, p = \(Self.figure(superiority.pValue))"
    }

    /// A share in points of a hundred, as in `7` or `7.5`.
    package static func points(_ share: Double) -> String {
        let tenths = (share * 1000).rounded()
        return tenths.truncatingRemainder(dividingBy: 10) == 0 ? "\(Int(tenths / 10))" : "\(tenths / 10)"
    }

    /// A chance with two digits that count.
    package static func figure(_ chance: Double) -> String {
        guard chance > 0 else { return "0" }
        var scale = 1.0
        while chance * scale < 10, scale < 1e12 { scale *= 10 }
        return "\((chance * scale).rounded() / scale)"
    }
}

extension PairedOutcome {
    /// With and without exchanged.
    package var reversed: PairedOutcome? { PairedOutcome(task: task, with: without, without: with) }
}
