import FoundationEssentials

@testable import Skills

/// A directory of one test, removed with it.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/executord-skills-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

extension SkillTree {
    /// A skill that lint finds nothing wrong with.
    static func sample(
        name: String = "csv-clean",
        description: String = "Mends CSV files. Use when columns do not line up.",
        body: String = sampleBody
    ) -> SkillTree {
        SkillTree(main: "---\nname: \(name)\ndescription: \(description)\n---\n\(body)")
    }

    static let sampleBody = """
        # CSV

        Look before you mend.

        ## Steps

        1. Read the first lines.
        2. Count the columns.

        ```bash
        head -n 3 in.csv
        # not a heading
        ```

        ### Quotes

        Keep them.

        ## Pitfalls

        - A BOM is no column.
        - Dates are text.

        """
}

extension SkillProposal {
    static func sample(_ source: String = "mine/1", scope: SkillScope = SkillScope()) -> SkillProposal {
        SkillProposal(source: source, operation: .create, rationale: "seen twice", scope: scope)
    }
}
