import Documents

extension SkillPatch {
    /// The tree after all edits; `tree` is nil for a new skill.
    ///
    /// Every place is looked up in the base, so the order of edits matters only where several insert at one place. The front
    /// matter stays as it is, but for `describe`.
    package func applied(
        to tree: SkillTree?,
        policy: Policy = Policy()
    ) throws(SkillPatchError) -> PatchedSkill {
        guard base == tree?.digest else { throw .staleBase(expected: base, found: tree?.digest ?? "not there") }
        guard !edits.isEmpty else { throw .noEdits }
        guard edits.count <= policy.maximumEdits else {
            throw .tooManyEdits(count: edits.count, limit: policy.maximumEdits)
        }
        let old = tree ?? SkillTree()
        var (new, origins) = (old, [String: [PatchedSkill.Origin]]())
        for (index, edit) in edits.enumerated() {
            try refusing(index) { () throws(SkillPatchError.Refusal) in
                guard !edit.evidence.isEmpty else { throw .noEvidence }
                guard SkillTree.isSafe(path: edit.file) else { throw .unsafePath }
                try applyToWholeFile(edit, index: index, old, &new, &origins)
            }
        }
        for (file, indices) in editedFiles { try applyInside(file, indices, old, &new, &origins) }
        try checkNames(new)
        try checkHead(old, new)
        if let limit = policy.maximumLoss {
            let lost = WordLoss.share(from: old, to: new)
            guard lost <= limit else { throw .lossTooGreat(lost: lost, limit: limit) }
        }
        return PatchedSkill(tree: new, origins: origins)
    }

    /// The indices of the edits within files, by file.
    private var editedFiles: [String: [Int]] {
        let inside = edits.indices.filter { edits[$0].operation != .create && edits[$0].operation != .deleteFile }
        return Dictionary(grouping: inside) { edits[$0].file }
    }

    private func refusing(
        _ index: Int,
        _ body: () throws(SkillPatchError.Refusal) -> Void
    ) throws(SkillPatchError) {
        do throws(SkillPatchError.Refusal) {
            try body()
        } catch {
            throw .edit(index: index, file: edits[index].file, operation: edits[index].operation, refusal: error)
        }
    }

    private func applyToWholeFile(
        _ edit: SkillEdit,
        index: Int,
        _ old: SkillTree,
        _ new: inout SkillTree,
        _ origins: inout [String: [PatchedSkill.Origin]]
    ) throws(SkillPatchError.Refusal) {
        // By index: an edit may be there twice.
        let others = edits.indices.filter { $0 != index && edits[$0].file == edit.file }
        switch edit.operation {
        case .create:
            guard old.files[edit.file] == nil else { throw .fileExists }
            if let other = others.first { throw .overlaps(edit: other) }
            guard let content = edit.content, !content.isEmpty else { throw .fieldMissing("content") }
            new.files[edit.file] = SkillTree.File(content)
            origins[edit.file] = MarkdownOutline.lines(of: content).map { _ in .edit(index) }
        case .deleteFile:
            guard edit.file != SkillTree.mainFile else { throw .mainFile }
            guard let file = old.files[edit.file] else { throw .fileMissing }
            if let other = others.first { throw .overlaps(edit: other) }
            if let text = file.text, let range = EditedText(text, isMain: false).protected.first {
                throw .protected(line: range.lowerBound + 1)
            }
            new.files[edit.file] = nil
            origins[edit.file] = []
        default:
            guard let file = old.files[edit.file] else { throw .fileMissing }
            guard file.text != nil else { throw .notText }
        }
    }

    private func applyInside(
        _ file: String,
        _ indices: [Int],
        _ old: SkillTree,
        _ new: inout SkillTree,
        _ origins: inout [String: [PatchedSkill.Origin]]
    ) throws(SkillPatchError) {
        guard let known = old.files[file], let text = known.text else { return }
        let base = EditedText(text, isMain: file == SkillTree.mainFile)
        var placements: [EditPlacement] = []
        for index in indices {
            try refusing(index) { () throws(SkillPatchError.Refusal) in
                let placement = try EditPlacement(edits[index], index: index, in: base)
                try check(placement, base)
                if let other = placements.first(where: { $0.conflicts(with: placement) }) {
                    throw .overlaps(edit: other.edit)
                }
                placements.append(placement)
            }
        }
        var edited = EditedLines()
        // Insertions come before what is replaced at the same line; among themselves they keep the patch's order.
        placements.sort { left, right in
            (left.replaced.lowerBound, left.replaced.upperBound, left.edit)
                < (right.replaced.lowerBound, right.replaced.upperBound, right.edit)
        }
        var line = 0
        for placement in placements {
            edited.keep(line..<placement.replaced.lowerBound, of: base.lines)
            edited.insert(placement.content, by: placement.edit)
            line = placement.replaced.upperBound
        }
        edited.keep(line..<base.lines.count, of: base.lines)
        new.files[file] = SkillTree.File(Array(edited.text.utf8), isExecutable: known.isExecutable)
        origins[file] = edited.origins
    }

    private func check(_ placement: EditPlacement, _ base: EditedText) throws(SkillPatchError.Refusal) {
        let changed = placement.replaced
        if operation != .describe, changed.lowerBound < base.frontMatter.upperBound { throw .frontMatter }
        for range in base.protected {
            let within =
                changed.isEmpty
                ? range.lowerBound < changed.lowerBound && changed.lowerBound < range.upperBound
                : range.overlaps(changed)
            if within { throw .protected(line: range.lowerBound + 1) }
        }
    }

    /// New files are named by SKILL.md, removed ones are not, and no file is a folder.
    private func checkNames(_ new: SkillTree) throws(SkillPatchError) {
        let main = new.main?.text ?? ""
        let lines = MarkdownOutline.lines(of: main)
        let outline = MarkdownOutline(lines, from: SkillDocument.frontMatter(in: lines).upperBound)
        let linked = Set(outline.links.compactMap { LinkTarget($0.destination).path(from: SkillTree.mainFile) })
        for (index, edit) in edits.enumerated() {
            try refusing(index) { () throws(SkillPatchError.Refusal) in
                let isNamed = linked.contains(edit.file) || ByteSearch.contains(edit.file, in: main)
                if edit.operation == .deleteFile, isNamed { throw .stillLinked }
                guard edit.operation == .create else { return }
                if edit.file != SkillTree.mainFile, !isNamed { throw .notLinked }
                if let other = new.files.keys.first(where: { Self.collide($0, edit.file) }) {
                    throw .folderInTheWay(other)
                }
            }
        }
    }

    private static func collide(_ left: String, _ right: String) -> Bool {
        left.hasPrefix(right + "/") || right.hasPrefix(left + "/")
    }

    private func checkHead(_ old: SkillTree, _ new: SkillTree) throws(SkillPatchError) {
        guard operation == .describe, let before = old.main, let after = new.main else { return }
        do throws(DocumentError) {
            let name = try SkillDocument(before.bytes).head.name
            let changed = try SkillDocument(after.bytes).head.name
            guard name == changed else {
                throw DocumentError(
                    file: SkillTree.mainFile,
                    message: "the name of a skill never changes; make a new skill"
                )
            }
        } catch {
            throw .headBroken(reason: error.description)
        }
    }
}

/// Lines put together from a base and from edits, with where each one is from.
private struct EditedLines {
    private(set) var text = ""
    private(set) var origins: [PatchedSkill.Origin] = []

    mutating func keep(_ range: Range<Int>, of lines: [String]) {
        for line in range { add(lines[line], .base(line: line)) }
    }

    mutating func insert(_ lines: [String], by edit: Int) {
        for line in lines { add(line, .edit(edit)) }
    }

    /// A line without an end, at which the base or a piece of it ended, is ended before another one follows.
    private mutating func add(_ line: String, _ origin: PatchedSkill.Origin) {
        if let last = text.utf8.last, last != 0x0a { text += "\n" }
        text += line
        origins.append(origin)
    }
}

/// How much of a skill's text a patch would take away.
enum WordLoss {
    /// The share of the old tree's words, counted as often as they are there, that the new tree does not have.
    static func share(from old: SkillTree, to new: SkillTree) -> Double {
        var left = words(of: new)
        let before = words(of: old)
        var (lost, total) = (0, 0)
        for (word, count) in before {
            total += count
            lost += max(0, count - (left.removeValue(forKey: word) ?? 0))
        }
        return total == 0 ? 0 : Double(lost) / Double(total)
    }

    private static func words(of tree: SkillTree) -> [Substring: Int] {
        var counts: [Substring: Int] = [:]
        for file in tree.files.values {
            guard let text = file.text else { continue }
            for word in text.split(whereSeparator: \.isWhitespace) { counts[word, default: 0] += 1 }
        }
        return counts
    }
}
