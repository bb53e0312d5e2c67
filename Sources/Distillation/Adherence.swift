package import Skills

/// How far an agent did what a skill says: mounted, opened, followed; see distillation M-10.
///
/// Steps are the commands in the code blocks of SKILL.md, by their features: what they do, without the data that they do it
/// to. Only what was done after the skill was opened counts, and only where it succeeded.
package struct Adherence: Sendable, Hashable {
    /// The action that first opened one of the skill's files; nil when none did.
    package let openedBy: String?
    /// Distinct features of the skill's steps.
    package let steps: Int
    /// Those of them that later actions had.
    package let matched: Int

    /// The share of a skill's steps from which on it counts as followed.
    package static let threshold = 0.5

    package var isFollowed: Bool { steps > 0 && Double(matched) >= Self.threshold * Double(steps) }

    /// `openedBy` is the id of one of `actions`, which are in their order.
    package init(of skill: SkillTree, in actions: [DistillRequest.Action], openedBy: String?) {
        let features = Self.stepFeatures(of: skill)
        steps = features.count
        self.openedBy = openedBy
        guard let openedBy, let place = actions.firstIndex(where: { $0.id == openedBy }) else {
            matched = 0
            return
        }
        let later = actions[place...].filter { ($0.exit ?? 0) == 0 && $0.signal == nil }
        matched = features.intersection(later.flatMap { ActionFeatures($0).features }).count
    }

    private static let languages: Set<String> = ["", "sh", "bash", "shell", "console"]

    private static func stepFeatures(of skill: SkillTree) -> Set<String> {
        guard let main = skill.main, let document = try? SkillDocument(main.bytes) else { return [] }
        let blocks = document.codeBlocks.filter { languages.contains($0.language) }
        return Set(blocks.flatMap { ActionFeatures(shell: $0.code).features })
    }
}
