import CommandLineKit
import Wire

/// How strong a verifier is, and what it let through.
enum StrengthLines {
    static func lines(_ strength: TaskStrength) -> [Line] {
        let counted = strength.attacks.count { $0.uncounted == nil }
        let interval = "\(share(strength.low)) to \(share(strength.high))"
        var lines = [
            Line(strength.name, .bold) + Line("  " + strength.digest, .dim),
            Line("  strength \(share(strength.strength))", strength.strength < 1 ? .yellow : .green)
                + Line("  of \(Figures.count(counted, "attack")), 95 % interval \(interval)")
                + Line(", mean reward \(Figures.reward(strength.meanReward)), job \(strength.job)"),
        ]
        for tally in strength.kinds {
            lines.append(
                Line("  " + Layout.pad(tally.kind.rawValue, to: 18))
                    + Line(
                        "\(tally.accepted) of \(tally.attacks) passed",
                        tally.accepted > 0 ? .red : nil
                    ) + Line(", mean reward \(Figures.reward(tally.meanReward))")
            )
        }
        lines += listed("passed", .red, strength.attacks.filter { $0.isAccepted && $0.uncounted == nil })
        lines += listed(
            "passed, not counted: the instruction does not name the file, and it may be missing",
            .yellow,
            strength.attacks.filter { $0.isAccepted && $0.uncounted == .incidentalFile }
        )
        lines += listed("no verdict, not counted", .yellow, strength.attacks.filter { $0.uncounted == .noVerdict })
        return lines
    }

    private static func listed(_ title: String, _ style: Style, _ outcomes: [TaskStrength.Outcome]) -> [Line] {
        guard !outcomes.isEmpty else { return [] }
        return [Line("  \(title):", style)]
            + outcomes.map { Line("    \($0.trial)  ", .dim) + Line($0.attack.description) }
    }

    private static func share(_ value: Double) -> String { Figures.decimal(value, places: 2) }
}
