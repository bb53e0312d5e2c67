import Gate
import Skills
import Testing
import Wire

@testable import Executord

/// Which families and roles a version harms, and when there is anything to tell apart.
struct HarmSearchTests {
    private func outcome(_ task: String, _ difference: Double) -> PairedOutcome? {
        PairedOutcome(task: task, with: [max(0, difference)], without: [max(0, -difference)])
    }

    private func search(
        _ parts: [(kind: TrialKind?, count: Int, difference: Double)]
    ) -> HarmSearch {
        var (outcomes, kinds) = ([PairedOutcome](), [String: TrialKind]())
        for (number, part) in parts.enumerated() {
            for index in 0..<part.count {
                let task = "t\(number).\(index)"
                if let pair = outcome(task, part.difference) { outcomes.append(pair) }
                kinds[task] = part.kind
            }
        }
        return HarmSearch(outcomes, kinds: kinds)
    }

    @Test func aHarmedFamilyIsFoundBesideTasksOfNoKind() {
        let search = search([(TrialKind(family: "a", role: "r"), 6, -1), (nil, 30, 1)])
        #expect(search.hasParts && search.harmed(.family) + search.harmed(.role) == ["a"], "\(search.harmed)")
        #expect(search.figures["p_harm family a"] ?? 1 < 0.05)
    }

    @Test func oneKindIsNoPart() {
        let search = search([(TrialKind(family: "a", role: "r"), 6, 1)])
        #expect(!search.hasParts && search.harmed.isEmpty)
    }

    @Test func whatItsFamilyDoesIsNoFaultOfARole() {
        let search = search([
            (TrialKind(family: "a", role: "r"), 6, -1), (TrialKind(family: "b", role: "r"), 6, 1),
            (TrialKind(family: "b", role: "s"), 6, 1),
        ])
        #expect(search.harmed(.family) == ["a"] && search.harmed(.role).isEmpty, "\(search.harmed)")
    }
}
