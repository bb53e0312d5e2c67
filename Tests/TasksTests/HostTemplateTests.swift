import Tasks
import Testing

@Suite struct HostTemplateTests {
    @Test("Only whole values are templates")
    func shapes() {
        #expect(HostTemplate("${A}")?.variable == "A")
        #expect(HostTemplate("${A}")?.fallback == nil)
        #expect(HostTemplate("${A:-}")?.fallback == "")
        #expect(HostTemplate("${A:-b:-c}")?.fallback == "b:-c")
        for text in ["", "A", "$A", "${}", "${:-x}", "x${A}", "${A}y", "${A", "${A:x}", "${A}${B}"] {
            #expect(HostTemplate(text) == nil, "\(text)")
        }
    }

    @Test("Templates become host values, defaults, or an error that names the variable")
    func resolve() throws {
        let variables = ["A": "${X}", "B": "${Y:-why}", "C": "plain ${X}", "D": ""]
        #expect(
            try HostTemplate.resolve(variables, with: ["X": "1"]) == ["A": "1", "B": "why", "C": "plain ${X}", "D": ""]
        )
        #expect(try HostTemplate.resolve(variables, with: ["X": "${Y}", "Y": ""])["A"] == "${Y}")
        let missing = #expect(throws: HostTemplate.MissingVariable.self) {
            try HostTemplate.resolve(variables, with: [:])
        }
        #expect(missing?.variable == "X")
        #expect(missing?.description.contains("${X:-value}") == true)
    }
}
