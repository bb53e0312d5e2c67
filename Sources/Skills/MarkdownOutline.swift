/// What skills' tools need of Markdown: headings in ATX form, fenced code, and links; found in one pass over the lines.
///
/// Line numbers count from 0. Fences may be indented as deep as they like, as they are in lists.
package struct MarkdownOutline: Sendable {
    /// A heading and what follows it.
    package struct Section: Sendable, Hashable {
        package let title: String
        /// 1 for `#` to 6.
        package let level: Int
        /// The heading and all to the next heading of the same or a higher rank.
        package let whole: Range<Int>
        /// The lines below the heading to the next heading of any rank.
        package let own: Range<Int>

        package var heading: Int { whole.lowerBound }
    }

    /// A fenced code block.
    package struct CodeBlock: Sendable, Hashable {
        /// The first word after the opening fence, in lower case; empty without one.
        package let language: String
        /// The lines between the fences.
        package let content: Range<Int>
        /// Whether a closing fence is there; without one all the rest of the file is code.
        package let isClosed: Bool
        /// The content as text.
        package let code: String

        /// The line of the opening fence.
        package var opening: Int { content.lowerBound - 1 }
    }

    /// Where a link or an image leads.
    package struct Link: Sendable, Hashable {
        package let destination: String
        package let line: Int
    }

    package let sections: [Section]
    package let codeBlocks: [CodeBlock]
    package let links: [Link]

    /// Finds all three in `lines[start...]`.
    package init(_ lines: [String], from start: Int = 0) {
        var headings: [(line: Int, level: Int, title: String)] = []
        var blocks: [CodeBlock] = []
        var links: [Link] = []
        var open: (fence: Fence, line: Int)?
        for index in start..<max(start, lines.count) {
            let line = lines[index]
            if let (fence, at) = open {
                guard fence.isClosed(by: line) else { continue }
                blocks.append(Self.block(fence, (at + 1)..<index, isClosed: true, lines))
                open = nil
            } else if let fence = Fence(line) {
                open = (fence, index)
            } else if let heading = Self.heading(line) {
                headings.append((index, heading.level, heading.title))
                links += LinkScanner.destinations(in: line).map { Link(destination: $0, line: index) }
            } else {
                links += LinkScanner.destinations(in: line).map { Link(destination: $0, line: index) }
            }
        }
        if let (fence, at) = open { blocks.append(Self.block(fence, (at + 1)..<lines.count, isClosed: false, lines)) }
        sections = Self.sections(headings, end: lines.count)
        codeBlocks = blocks
        self.links = links
    }

    /// A text's lines with their ends.
    package static func lines(of text: String) -> [String] {
        var lines: [String] = []
        var rest = text.utf8[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: 0x0a).map { rest.index(after: $0) } ?? rest.endIndex
            lines.append(String(decoding: rest[..<end], as: UTF8.self))
            rest = rest[end...]
        }
        return lines
    }

    private static func block(_ fence: Fence, _ content: Range<Int>, isClosed: Bool, _ lines: [String]) -> CodeBlock {
        CodeBlock(
            language: fence.language,
            content: content,
            isClosed: isClosed,
            code: lines[content].joined()
        )
    }

    /// `## Title ##` to 2 and `Title`.
    private static func heading(_ line: String) -> (level: Int, title: String)? {
        let marks = line.utf8.prefix { $0 == 0x23 }.count
        guard (1...6).contains(marks) else { return nil }
        let rest = line.utf8.dropFirst(marks)
        guard rest.first.map({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0a || $0 == 0x0d }) ?? true else { return nil }
        var title = rest.drop(while: isBlank)
        while let last = title.last, isBlank(last) { title.removeLast() }
        // A closing run of # is decoration when a blank stands before it.
        var stripped = title
        while stripped.last == 0x23 { stripped.removeLast() }
        if stripped.count < title.count, stripped.last.map(isBlank) ?? true {
            while let last = stripped.last, isBlank(last) { stripped.removeLast() }
            title = stripped
        }
        return (marks, String(decoding: title, as: UTF8.self))
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d }

    /// One pass from the end: for each rank, where the next heading of it or of a higher one stands.
    private static func sections(_ headings: [(line: Int, level: Int, title: String)], end: Int) -> [Section] {
        var next = [Int](repeating: end, count: 7)
        var following = end
        var sections: [Section] = []
        for heading in headings.reversed() {
            sections.append(
                Section(
                    title: heading.title,
                    level: heading.level,
                    whole: heading.line..<next[heading.level],
                    own: (heading.line + 1)..<following
                )
            )
            for level in heading.level...6 { next[level] = heading.line }
            following = heading.line
        }
        return sections.reversed()
    }
}

/// An opening code fence: three or more backticks or tildes.
struct Fence {
    let character: UInt8
    let length: Int
    let language: String

    init?(_ line: String) {
        let text = line.utf8.drop { $0 == 0x20 || $0 == 0x09 }
        guard let first = text.first, first == 0x60 || first == 0x7e else { return nil }
        let run = text.prefix { $0 == first }
        let info = text[run.endIndex...]
        // `code` between three backticks on one line is no fence.
        guard run.count >= 3, first == 0x7e || !info.contains(0x60) else { return nil }
        character = first
        length = run.count
        let word = info.drop { $0 <= 0x20 }.prefix { $0 > 0x20 }
        language = String(decoding: word, as: UTF8.self).lowercased()
    }

    func isClosed(by line: String) -> Bool {
        let text = line.utf8.drop { $0 == 0x20 || $0 == 0x09 }
        let run = text.prefix { $0 == character }
        return run.count >= length && text[run.endIndex...].allSatisfy { $0 <= 0x20 }
    }
}
