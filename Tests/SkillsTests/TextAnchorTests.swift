import Skills
import Testing

/// Where in an instruction a value stands.
@Suite struct TextAnchorTests {
    private let text = "An object with the numbers `jobs` (how many),\n  `last.job` (the highest\n id) and 12."

    @Test(arguments: [
        ("numbers `", "` (how", "jobs"), ("how many), '", "", "last.job"), ("", "' (the highest id", "last.job"),
        ("and ", "", "12"), ("and ", ".", "12"),
    ])
    func theFirstValueBetweenItsSidesIsFound(after: String, before: String, value: String) {
        #expect(TextAnchor(after: after, before: before).value(in: text) == value)
    }

    @Test(arguments: [("nowhere ", ""), ("numbers '", "!"), ("12", ""), ("", "nowhere")])
    func whereThereIsNoneNothingIsFound(after: String, before: String) {
        #expect(TextAnchor(after: after, before: before).value(in: text) == nil)
    }
}
