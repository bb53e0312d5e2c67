import Testing

@testable import Skills

@Suite struct SkillTreeTests {
    @Test func theDigestNamesPathsBytesAndModes() {
        let tree = SkillTree(main: "x")
        #expect(tree.digest.hasPrefix("sha256:"))
    }
}
