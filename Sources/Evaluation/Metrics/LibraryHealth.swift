import Wire

/// A library at one moment, and what was done to it up to then.
package struct LibraryHealth: Codable, Sendable, Hashable {
    package var condition: Condition
    package var order: LearningOrder
    package var stage: Int
    package var skills: Int
    package var lines: Int
    package var bytes: Int
    /// Skills a family; 1 is one each.
    package var inflation: Double
    /// Changes of skills for each one that was made since the beginning; nil where none was made.
    package var consolidation: Double?
    /// The share of lines in SKILL.md files that another skill has as well.
    package var redundancy: Double?
    /// Skills with three uses or more of which seven tenths failed, and skills with three uses.
    package var harmful: Int
    package var judged: Int

    /// `uses` are the trials that were given this library.
    init(_ stage: LibraryStage, history: [LibraryStage], families: Int, uses: [MeasuredTrial]) {
        condition = stage.condition
        order = stage.order
        self.stage = stage.stage
        skills = stage.skills.count
        lines = stage.skills.reduce(0) { $0 + $1.lines }
        bytes = stage.skills.reduce(0) { $0 + $1.bytes }
        inflation = families > 0 ? Double(stage.skills.count) / Double(families) : 0
        let created = history.reduce(0) { $0 + $1.created.count }
        let revised = history.reduce(0) { $0 + $1.revised.count }
        consolidation = created > 0 ? Double(revised) / Double(created) : nil
        redundancy = Self.redundancy(stage.skills)
        let verdicts = stage.skills.map { skill in
            uses.filter { $0.opened.contains(skill.skill.name) }.compactMap(\.passed)
        }
        .filter { $0.count >= 3 }
        judged = verdicts.count
        harmful = verdicts.count { 10 * $0.count { $0 < 1 } >= 7 * $0.count }
    }

    static func redundancy(_ skills: [LibrarySkill]) -> Double? {
        let texts = skills.map { skill in
            Set(skill.text.split(separator: "\n").map { String($0.drop { $0 == " " }) }.filter { $0.count > 8 })
        }
        let all = texts.reduce(0) { $0 + $1.count }
        guard all > 0 else { return nil }
        var owners: [String: Int] = [:]
        for line in texts.joined() { owners[line, default: 0] += 1 }
        let shared = texts.joined().count { (owners[$0] ?? 0) > 1 }
        return Double(shared) / Double(all)
    }
}
