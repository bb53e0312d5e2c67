import ATIFRules
import Testing
import Wire

/// The validator must itself refuse what breaks each rule, or the export's tests prove nothing.
@Suite struct ATIFRulesTests {
    static let good = """
        {"schema_version": "ATIF-v1.8", "agent": {"name": "a", "version": "1"}, "steps": [
            {"step_id": 1, "source": "user", "message": "go", "timestamp": "2026-11-21T05:10:00.005Z"},
            {"step_id": 2, "source": "agent", "message": "", "llm_call_count": 0,
             "tool_calls": [{"tool_call_id": "c", "function_name": "exec", "arguments": {}}],
             "observation": {"results": [{"source_call_id": "c", "content": "x"}]}}],
         "final_metrics": {"total_steps": 2}}
        """

    @Test func aGoodDocumentPasses() throws {
        #expect(ATIFRules.broken(by: try WireJSON.decode(JSONTree.self, from: Array(Self.good.utf8))) == [])
    }

    @Test(arguments: [
        ("ATIF-v1.8", "ATIF-v9", "schema_version"),
        ("\"agent\": {\"name\": \"a\", ", "\"agent\": {", "lacks [\"name\"]"),
        ("\"step_id\": 2", "\"step_id\": 3", "without gaps"),
        ("\"user\"", "\"tool\"", "source is"),
        ("\"message\": \"go\"", "\"message\": \"go\", \"metrics\": {}", "agent's fields"),
        ("\"llm_call_count\": 0", "\"llm_call_count\": 0, \"metrics\": {}", "without a model call"),
        ("\"llm_call_count\": 0", "\"llm_call_count\": -1", "not negative"),
        ("\"source_call_id\": \"c\"", "\"source_call_id\": \"d\"", "same step"),
        ("\"content\": \"x\"", "\"content\": \"x\", \"exit\": 0", "forbids [\"exit\"]"),
        ("\"arguments\": {}", "\"arguments\": []", "are an object"),
        ("05:10:00.005Z", "noon", "ISO-8601"),
        ("\"total_steps\": 2", "\"total_steps\": 7", "counts the steps"),
        ("\"message\": \"\"", "\"message\": 5", "message is"),
    ]) func eachBrokenRuleIsFound(part: String, replacement: String, rule: String) throws {
        let bad = Self.good.split(separator: part, omittingEmptySubsequences: false).joined(separator: replacement)
        #expect(bad != Self.good)
        let broken = ATIFRules.broken(by: try WireJSON.decode(JSONTree.self, from: Array(bad.utf8)))
        #expect(broken.contains { $0.contains(rule) })
    }
}
