/// Words by which kinds of tasks are told apart, and the headings of skills that name them.
package enum TaskWords {
    /// Shorter ones are in every text.
    private static let leastLetters = 4
    private static let headingStart = "When the task speaks of "

    /// The words of a text in small letters, each once, in their order.
    package static func words(of text: String) -> [String] {
        var seen: Set<String> = []
        return text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init).filter {
            $0.count >= leastLetters && $0.contains(where: \.isLetter) && seen.insert($0).inserted
        }
    }

    /// The title of what is to be done when a task speaks of these words; without words, `always`.
    package static func heading(_ words: [String]) -> String {
        words.isEmpty ? always : headingStart + words.map { "`\($0)`" }.joined(separator: ", ")
    }

    /// The words of such a title, none of `always`; nil of any other title.
    package static func condition(_ title: String) -> [String]? {
        if title == always { return [] }
        guard title.hasPrefix(headingStart) else { return nil }
        let pieces = title.dropFirst(headingStart.count).split(separator: "`", omittingEmptySubsequences: false)
        let words = stride(from: 1, to: pieces.count, by: 2).map { String(pieces[$0]) }.filter { !$0.isEmpty }
        return words.isEmpty ? nil : words
    }

    /// The title beside such sections of what is to be done too, whatever a task speaks of.
    package static let always = "In any case"
}

extension MarkdownOutline {
    /// Of which words a task has to speak for a line to be for it: none below `TaskWords.always`; nil where no heading says it.
    package func condition(of line: Int) -> [String]? {
        sections.reversed().lazy.filter { $0.whole.contains(line) }.compactMap { TaskWords.condition($0.title) }.first
    }
}
