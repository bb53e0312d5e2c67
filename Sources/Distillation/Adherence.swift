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
        let procedures = Self.procedures(of: skill)
        self.openedBy = openedBy
        let place = openedBy.flatMap { opened in actions.firstIndex { $0.id == opened } }
        let later = actions[(place ?? actions.endIndex)...].filter { ($0.exit ?? 0) == 0 && $0.signal == nil }
        let done = Set(later.flatMap { ActionFeatures($0).features })
        let shares = procedures.map { Double($0.intersection(done).count) / Double(max(1, $0.count)) }
        // Who follows a skill of several procedures follows one of them.
        let best = procedures.indices.min { (-shares[$0], $0) < (-shares[$1], $1) }.map { procedures[$0] } ?? []
        steps = best.count
        matched = best.intersection(done).count
    }

    /// Of code blocks that a shell runs.
    static let languages: Set<String> = ["", "sh", "bash", "shell", "console"]

    /// The features of each kind of task's steps, with those of what is for any; in the order of the file.
    private static func procedures(of skill: SkillTree) -> [Set<String>] {
        guard let main = skill.main, let document = try? SkillDocument(main.bytes) else { return [] }
        var conditions: [[String]] = []
        var features: [[String]: Set<String>] = [:]
        for block in document.codeBlocks where languages.contains(block.language) {
            let condition = document.outline.condition(of: block.opening) ?? []
            if !condition.isEmpty, !conditions.contains(condition) { conditions.append(condition) }
            features[condition, default: []].formUnion(ActionFeatures(shell: block.code).features)
        }
        let always = features[[]] ?? []
        return conditions.isEmpty ? [always] : conditions.map { always.union(features[$0] ?? []) }
    }
}
