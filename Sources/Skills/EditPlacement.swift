/// Where one edit stands in the base's lines, and what it puts there.
struct EditPlacement {
    /// The edit's index in its patch.
    let edit: Int
    /// The lines that go; empty for pure insertions, which come before the line of that number.
    let replaced: Range<Int>
    /// Lines that the edit is placed by and that must stay.
    let anchor: Range<Int>
    let content: [String]

    /// Finds the place in `file`.
    init(_ edit: SkillEdit, index: Int, in file: EditedText) throws(SkillPatchError.Refusal) {
        self.edit = index
        switch edit.operation {
        case .insertAfter, .insertBefore:
            anchor = try file.lines(with: try Self.needed(edit.targetText, "target_text"))
            let point = edit.operation == .insertAfter ? anchor.upperBound : anchor.lowerBound
            replaced = point..<point
            content = try Self.content(edit)
        case .appendToSection:
            let section = try file.section(try Self.needed(edit.targetSection, "target_section"))
            let lines = try Self.content(edit)
            let last = section.own.last { !file.isBlank($0) } ?? section.heading
            anchor = section.heading..<(section.heading + 1)
            replaced = (last + 1)..<(last + 1)
            let continuesList = last > section.heading && file.isList(last) && EditedText.isList(lines[0])
            content = continuesList ? lines : ["\n"] + lines
        case .replaceInSection: (replaced, anchor, content) = try Self.replacement(edit, in: file)
        case .addSection:
            let lines = try Self.content(edit)
            guard MarkdownOutline(lines).sections.first?.heading == 0 else { throw .noHeading }
            var point = file.lines.count
            if let title = edit.afterSection {
                let section = try file.section(title)
                (point, anchor) = (section.whole.upperBound, section.heading..<(section.heading + 1))
            } else {
                anchor = 0..<0
            }
            replaced = point..<point
            let before = point > 0 && !file.isBlank(point - 1) ? ["\n"] : []
            let after = point < file.lines.count && !file.isBlank(point) ? ["\n"] : []
            content = before + lines + after
        case .deleteSection:
            replaced = try file.section(try Self.needed(edit.targetSection, "target_section")).whole
            anchor = 0..<0
            content = []
        case .create, .deleteFile: preconditionFailure("operations on whole files have no place in one")
        }
    }

    private static func replacement(
        _ edit: SkillEdit,
        in file: EditedText
    ) throws(SkillPatchError.Refusal) -> (Range<Int>, Range<Int>, [String]) {
        let section = try edit.targetSection.map { title throws(SkillPatchError.Refusal) in try file.section(title) }
        let anchor = section.map { $0.heading..<($0.heading + 1) } ?? 0..<0
        guard let new = edit.content else { throw .fieldMissing("content") }
        if let old = edit.oldText {
            let (lines, text) = try file.replacing(old, with: new, in: section?.whole ?? 0..<file.lines.count)
            // A heading that is changed is no anchor of this edit, it is what the edit changes.
            return (lines, lines.overlaps(anchor) ? 0..<0 : anchor, MarkdownOutline.lines(of: text))
        }
        guard let section else { throw .fieldMissing("target_section") }
        let last = section.own.last { !file.isBlank($0) } ?? section.heading
        let lines = try Self.content(edit)
        return ((section.heading + 1)..<(last + 1), anchor, ["\n"] + lines)
    }

    /// Whether both edits can be done, in whichever order, with the same result.
    func conflicts(with other: EditPlacement) -> Bool {
        Self.touches(replaced, other.replaced) || Self.touches(replaced, other.anchor)
            || Self.touches(other.replaced, anchor)
    }

    /// Whether a changed range and another one have a line in common; an insertion touches the range that it lies within.
    private static func touches(_ changed: Range<Int>, _ other: Range<Int>) -> Bool {
        if changed.isEmpty {
            return !other.isEmpty && other.lowerBound < changed.lowerBound && changed.lowerBound < other.upperBound
        }
        if other.isEmpty { return changed.lowerBound < other.lowerBound && other.lowerBound < changed.upperBound }
        return changed.overlaps(other)
    }

    private static func needed(_ value: String?, _ name: String) throws(SkillPatchError.Refusal) -> String {
        guard let value, !value.isEmpty else { throw .fieldMissing(name) }
        return value
    }

    /// The edit's content as whole lines; at least one.
    private static func content(_ edit: SkillEdit) throws(SkillPatchError.Refusal) -> [String] {
        let text = try needed(edit.content, "content")
        return MarkdownOutline.lines(of: text.utf8.last == 0x0a ? text : text + "\n")
    }
}

/// A text file of the base, as edits look things up in it.
struct EditedText {
    let lines: [String]
    /// Lines that only `describe` may change; empty but in SKILL.md.
    let frontMatter: Range<Int>
    private let outline: MarkdownOutline
    private let bytes: [UInt8]
    /// Where each line begins in `bytes`.
    private let starts: [Int]

    init(_ text: String, isMain: Bool) {
        lines = MarkdownOutline.lines(of: text)
        frontMatter = isMain ? SkillDocument.frontMatter(in: lines) : 0..<0
        outline = MarkdownOutline(lines, from: frontMatter.upperBound)
        bytes = Array(text.utf8)
        var start = 0
        starts = lines.map { line in
            defer { start += line.utf8.count }
            return start
        }
    }

    func isBlank(_ line: Int) -> Bool { lines[line].utf8.allSatisfy { $0 <= 0x20 } }

    func isList(_ line: Int) -> Bool { Self.isList(lines[line]) }

    /// Whether a line begins an item of a list, or goes on with one.
    static func isList(_ line: String) -> Bool {
        let text = line.utf8.drop { $0 == 0x20 }
        guard let first = text.first else { return false }
        if text.startIndex > line.utf8.startIndex { return true }
        if first == 0x2d || first == 0x2a || first == 0x2b { return text.dropFirst().first == 0x20 }
        let rest = text.drop { (0x30...0x39).contains($0) }
        return rest.startIndex > text.startIndex && (rest.first == 0x2e || rest.first == 0x29)
    }

    /// The section of a title, which may be written with its marks, as `## Title`.
    func section(_ title: String) throws(SkillPatchError.Refusal) -> MarkdownOutline.Section {
        let written = MarkdownOutline([title]).sections.first
        let found = outline.sections.filter { section in
            section.title == title || written.map { $0.title == section.title && $0.level == section.level } ?? false
        }
        guard let section = found.first else { throw .sectionMissing(title) }
        guard found.count == 1 else { throw .sectionAmbiguous(title, count: found.count) }
        return section
    }

    /// The lines in which a text stands that is there once.
    func lines(with text: String) throws(SkillPatchError.Refusal) -> Range<Int> {
        let place = try place(of: text, in: 0..<lines.count)
        return line(at: place.lowerBound)..<(line(at: place.upperBound - 1) + 1)
    }

    /// The lines that hold `old`, and their text with `new` in its place.
    func replacing(
        _ old: String,
        with new: String,
        in range: Range<Int>
    ) throws(SkillPatchError.Refusal) -> (lines: Range<Int>, text: String) {
        let place = try place(of: old, in: range)
        let touched = line(at: place.lowerBound)..<(line(at: place.upperBound - 1) + 1)
        let end = touched.upperBound < lines.count ? starts[touched.upperBound] : bytes.count
        let text =
            bytes[starts[touched.lowerBound]..<place.lowerBound] + Array(new.utf8) + bytes[place.upperBound..<end]
        return (touched, String(decoding: text, as: UTF8.self))
    }

    private func place(of text: String, in range: Range<Int>) throws(SkillPatchError.Refusal) -> Range<Int> {
        guard !text.isEmpty else { throw .fieldMissing("old_text") }
        let start = range.lowerBound < lines.count ? starts[range.lowerBound] : bytes.count
        let end = range.upperBound < lines.count ? starts[range.upperBound] : bytes.count
        let pattern = Array(text.utf8)
        let found = ByteSearch.occurrences(of: pattern, in: bytes[start..<end], limit: 2)
        guard let first = found.first else { throw .textMissing(text) }
        guard found.count == 1 else { throw .textAmbiguous(text, count: found.count) }
        return first..<(first + pattern.count)
    }

    /// The line that has the byte.
    private func line(at offset: Int) -> Int {
        var (low, high) = (0, starts.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= offset { low = middle } else { high = middle }
        }
        return low
    }

    /// The lines between `<!-- protected -->` and `<!-- /protected -->`, both included.
    var protected: [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start: Int?
        for (index, line) in lines.enumerated() {
            let text = line.utf8.drop { $0 <= 0x20 }
            if start == nil, text.starts(with: "<!-- protected -->".utf8) { start = index }
            if let first = start, text.starts(with: "<!-- /protected -->".utf8) {
                ranges.append(first..<(index + 1))
                start = nil
            }
        }
        if let start { ranges.append(start..<lines.count) }
        return ranges
    }
}
