import Skills
import Testing

/// Headings that say for which tasks a part of a skill is.
struct TaskWordsTests {
    @Test(arguments: [["orders"], ["orders", "errors"], []]) func aHeadingSaysItsWords(words: [String]) {
        #expect(TaskWords.condition(TaskWords.heading(words)) == words)
    }

    @Test(arguments: ["When the task speaks of orders", "When the task speaks of ``", "Orders", ""])
    func aTitleWithoutWordsIsNoCondition(title: String) {
        #expect(TaskWords.condition(title) == nil)
        let text = "# One\n\n## \(title)\n\nLine.\n"
        #expect(MarkdownOutline(MarkdownOutline.lines(of: text)).condition(of: 4) == nil)
    }
}
