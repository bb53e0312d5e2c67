import Skills
import Testing

@testable import Distillation

/// Followers are told from those who only look, and from those who do something else.
struct AdherenceTests {
    private let skill = SkillTree(
        main: """
            ---
            name: sort-csv
            description: Sorts.
            ---

            ```sh
            sort -t, -k2 <input>.csv > <output>.csv
            uniq -c <output>.csv
            ```

            ```python
            import os
            ```
            """
    )

    private func action(_ id: String, _ command: String, exit: Int = 0) -> DistillRequest.Action {
        DistillRequest.Action(id: id, kind: .exec, argv: ["/bin/sh", "-c", command], exit: exit)
    }

    @Test func whoDoesWhatItSaysFollows() {
        let actions = [
            action("a1", "cat /skills/sort-csv/SKILL.md"), action("a2", "sort -t, -k2 rows.csv > sorted.csv"),
            action("a3", "uniq -c sorted.csv"),
        ]
        let seen = Adherence(of: skill, in: actions, openedBy: "a1")
        #expect(seen.isFollowed && seen.matched > 0 && seen.openedBy == "a1")
    }

    @Test func whoFollowsOneOfSeveralProceduresFollows() {
        let kinds = """
            ---
            name: kinds
            description: Sorts or packs.
            ---

            ## Steps

            ### When the task speaks of `rows`

            ```sh
            sort -n rows.csv > sorted.csv
            ```

            ### When the task speaks of `backup`

            ```sh
            tar -czf all.tgz data
            rsync -a all.tgz store/
            split -b 1m all.tgz part.
            ```
            """
        let actions = [action("a1", "cat SKILL.md"), action("a2", "sort -n rows.csv > sorted.csv")]
        let seen = Adherence(of: SkillTree(main: kinds), in: actions, openedBy: "a1")
        #expect(seen.matched == seen.steps && seen.steps > 0)
        let idle = Adherence(of: SkillTree(main: kinds), in: Array(actions.prefix(1)), openedBy: "a1")
        #expect(!idle.isFollowed)
    }

    @Test func toOpenIsNotToFollow() {
        let actions = [action("a1", "cat /skills/sort-csv/SKILL.md"), action("a2", "awk 1 rows.csv")]
        let seen = Adherence(of: skill, in: actions, openedBy: "a1")
        #expect(!seen.isFollowed && seen.steps > 0 && seen.matched == 0)
    }

    @Test func whatCameBeforeOrFailedDoesNotCount() {
        let actions = [
            action("a1", "sort -t, -k2 rows.csv > sorted.csv; uniq -c sorted.csv"),
            action("a2", "cat /skills/sort-csv/SKILL.md"),
            action("a3", "sort -t, -k2 rows.csv > sorted.csv; uniq -c sorted.csv", exit: 2),
        ]
        #expect(!Adherence(of: skill, in: actions, openedBy: "a2").isFollowed)
    }

    @Test func whoNeverOpensItIsNotCreditedWithIt() {
        let actions = [action("a1", "sort -t, -k2 rows.csv > sorted.csv; uniq -c sorted.csv")]
        let seen = Adherence(of: skill, in: actions, openedBy: nil)
        #expect(seen.openedBy == nil && !seen.isFollowed)
    }
}
