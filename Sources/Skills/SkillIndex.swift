import Trajectory

/// The full-text index over all versions: name, description, body and commands, each with its weight.
enum SkillIndex {
    /// Makes what belongs to one connection.
    static func prepare(_ database: Database) throws(StoreError) {
    }

    static func add(
        _ document: SkillDocument,
        features: [String],
        id: Int,
        to database: Database
    ) throws(StoreError) {
    }
}
