import Documents

/// The first stage of the gate: what can be said of a skill's folder by reading it.
///
/// It takes any bytes, and time that grows with their number only; no more than `Limits.findings` findings are made.
package struct SkillLint: Sendable {
    /// What a skill may have.
    package enum Limits {
        /// Bytes of a file that are read as text.
        package static let textBytes = 1 << 20
        package static let frontMatterBytes = 64 << 10
        /// Lines that SKILL.md has fewer than.
        package static let lines = 500
        /// Lines that another Markdown file should have fewer than.
        package static let referenceLines = 300
        /// Tokens that the body should have at most, counted as a quarter of its bytes.
        package static let bodyTokens = 5000
        package static let findings = 100
    }

    private let tree: SkillTree
    /// What the Markdown files are made of, by path; those that are too large or no text are not there.
    private var outlines: [String: MarkdownOutline] = [:]
    private var findings: [SkillFinding] = []

    /// All that is wrong with a skill; `directory` is the name of its folder, where it has one.
    package static func findings(_ tree: SkillTree, directory: String? = nil) -> [SkillFinding] {
        var lint = SkillLint(tree: tree)
        lint.checkPaths()
        lint.checkTexts()
        lint.checkMain(directory)
        lint.checkLinks()
        return Array(lint.findings.prefix(Limits.findings))
    }

    /// Whether nothing binding is wrong.
    package static func passes(_ tree: SkillTree, directory: String? = nil) -> Bool {
        !findings(tree, directory: directory).contains { $0.rule.isBinding }
    }

    /// Whether both validators take a text for a skill's name.
    package static func isName(_ text: String) -> Bool {
        let bytes = text.utf8
        guard (1...64).contains(bytes.count), bytes.first != 0x2d, bytes.last != 0x2d else { return false }
        return bytes.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d }
            && !zip(bytes, bytes.dropFirst()).contains { $0 == 0x2d && $1 == 0x2d }
    }

    private init(tree: SkillTree) {
        self.tree = tree
    }

    private mutating func add(_ rule: SkillRule, _ file: String, line: Int? = nil, _ cause: String) {
        if findings.count < Limits.findings { findings.append(SkillFinding(rule, file, line: line, cause)) }
    }

    // MARK: - The folder

    private mutating func checkPaths() {
        var folded: [String: String] = [:]
        var folders: Set<String> = []
        for path in tree.paths {
            if !SkillTree.isSafe(path: path) {
                add(.pathUnsafe, path, "the path may lead out of the folder, or cannot be shown")
            }
            if let other = folded.updateValue(path, forKey: path.lowercased()) {
                add(.pathCollision, path, "differs from \(PrintableText.shown(other)) in capitals only")
            }
            folders.formUnion(Self.folders(of: path))
        }
        for path in tree.paths where folders.contains(path) {
            add(.pathCollision, path, "is both a file and a folder")
        }
    }

    /// Every folder above a path.
    private static func folders(of path: String) -> [String] {
        guard path.utf8.count <= 1024 else { return [] }
        return path.indices.filter { path[$0] == "/" }.map { String(path[..<$0]) }
    }

    /// By its name.
    package static func isMarkdown(_ path: String) -> Bool {
        let name = path.lowercased()
        return name.hasSuffix(".md") || name.hasSuffix(".markdown")
    }

    private mutating func checkTexts() {
        for path in tree.paths {
            guard let file = tree.files[path] else { continue }
            guard file.bytes.count <= Limits.textBytes else {
                if Self.isMarkdown(path) {
                    add(.fileTooLarge, path, "has \(file.bytes.count) bytes, more than \(Limits.textBytes)")
                }
                continue
            }
            guard let text = file.text else {
                if Self.isMarkdown(path) { add(.notText, path, "is not UTF-8 text") }
                continue
            }
            checkCharacters(text, path)
            if Self.isMarkdown(path) { checkMarkdown(text, path) }
        }
    }

    private mutating func checkCharacters(_ text: String, _ path: String) {
        for place in HiddenCharacters.found(in: text, limit: Limits.findings) {
            let code = "U+" + String(place.scalar.value, radix: 16, uppercase: true)
            if !place.isControl {
                add(.hiddenCharacter, path, line: place.line, "has the invisible character \(code)")
            } else if Self.isMarkdown(path) {
                add(.controlCharacter, path, line: place.line, "has the control character \(code)")
            }
        }
    }

    private mutating func checkMarkdown(_ text: String, _ path: String) {
        let lines = MarkdownOutline.lines(of: text)
        let isMain = path == SkillTree.mainFile
        let start = isMain ? SkillDocument.frontMatter(in: lines).upperBound : 0
        if isMain, lines.count >= Limits.lines {
            add(.tooManyLines, path, "has \(lines.count) lines; fewer than \(Limits.lines) are allowed")
        } else if !isMain, lines.count >= Limits.referenceLines {
            add(.longReference, path, "has \(lines.count) lines; fewer than \(Limits.referenceLines) are advised")
        }
        let bytes = lines[start...].reduce(0) { $0 + $1.utf8.count }
        if isMain, bytes / 4 > Limits.bodyTokens {
            add(
                .manyTokens,
                path,
                "has about \(bytes / 4) tokens below its front matter; \(Limits.bodyTokens) are advised"
            )
        }
        let outline = MarkdownOutline(lines, from: start)
        outlines[path] = outline
        for block in outline.codeBlocks where !block.isClosed {
            add(.fenceOpen, path, line: block.opening + 1, "the code block that begins here never ends")
        }
    }

    // MARK: - SKILL.md

    private mutating func checkMain(_ directory: String?) {
        let path = SkillTree.mainFile
        guard let main = tree.main else {
            add(.mainMissing, path, "there is no such file")
            return
        }
        // Too much, or no text: said already.
        guard main.bytes.count <= Limits.textBytes, let text = main.text else { return }
        let lines = MarkdownOutline.lines(of: text)
        let range = SkillDocument.frontMatter(in: lines)
        guard lines[range].reduce(0, { $0 + $1.utf8.count }) <= Limits.frontMatterBytes else {
            add(.frontMatter, path, "the front matter has more than \(Limits.frontMatterBytes) bytes")
            return
        }
        let document: SkillDocument
        do throws(DocumentError) {
            document = try SkillDocument(main.bytes)
        } catch {
            add(.frontMatter, path, line: error.line, PrintableText.shown(error.message, limit: 300))
            return
        }
        for finding in FrontMatterStyle.findings(lines[range]) {
            add(finding.rule, path, line: finding.line, finding.cause)
        }
        check(document.head, directory)
    }

    private static let fields: Set<String> = [
        "name", "description", "license", "compatibility", "metadata", "allowed-tools",
    ]

    private mutating func check(_ head: SkillHead, _ directory: String?) {
        let path = SkillTree.mainFile
        for key in head.values.keys.sorted() where !Self.fields.contains(key) {
            add(.unknownField, path, "the specification knows no field '\(PrintableText.shown(key))'")
        }
        for key in ["name", "description"] where head.values[key] == nil {
            add(.frontMatter, path, "`\(key)` is missing")
        }
        for key in head.values.keys.sorted() where Self.fields.contains(key) && key != "metadata" {
            if case .text = head.values[key] { continue }
            add(.fieldNotText, path, "`\(key)` is no text")
        }
        if let name = head.name {
            if !Self.isName(name) { add(.nameForm, path, "the name is '\(PrintableText.shown(name))'") }
            if let directory, directory != name {
                let shown = PrintableText.shown(directory)
                add(.nameDirectory, path, "the name is '\(PrintableText.shown(name))' and the folder '\(shown)'")
            }
        }
        if let description = head.description {
            let count = description.unicodeScalars.count
            if count > 1024 || description.unicodeScalars.allSatisfy(\.properties.isWhitespace) {
                add(.descriptionLength, path, "the description has \(count) characters")
            }
            if description.utf8.contains(where: { $0 == 0x3c || $0 == 0x3e }) {
                add(.descriptionBrackets, path, "the description has angle brackets")
            }
        }
        if let text = head.compatibility, !(1...500).contains(text.unicodeScalars.count) {
            add(.compatibilityLength, path, "`compatibility` has \(text.unicodeScalars.count) characters")
        }
        checkMetadata(head)
    }

    private mutating func checkMetadata(_ head: SkillHead) {
        guard let value = head.values["metadata"] else { return }
        guard case .table(let members) = value else {
            add(.metadataForm, SkillTree.mainFile, "`metadata` has no keys")
            return
        }
        for (key, value) in members.sorted(by: { $0.key < $1.key }) {
            if case .text = value { continue }
            add(.metadataForm, SkillTree.mainFile, "`metadata.\(PrintableText.shown(key))` is no text")
        }
    }

    // MARK: - Links

    private mutating func checkLinks() {
        let places = Set(tree.files.keys).union(tree.files.keys.flatMap(Self.folders))
        let main = tree.main.flatMap { $0.bytes.count <= Limits.textBytes ? $0.text : nil } ?? ""
        var named: Set<String> = [SkillTree.mainFile]
        // Whether SKILL.md has a path anywhere in its text: looked up once for each.
        var mentioned: [String: Bool] = [:]
        for path in [SkillTree.mainFile] + tree.paths.filter({ $0 != SkillTree.mainFile }) {
            let isMain = path == SkillTree.mainFile
            for link in outlines[path]?.links ?? [] {
                guard findings.count < Limits.findings else { return }
                let target = LinkTarget(link.destination)
                if target == .external || target == .fragment { continue }
                let shown = PrintableText.shown(link.destination)
                // Others are read from the folder's top, or from where the file lies.
                let candidates = Set(
                    [target.path(from: path), target.path(from: SkillTree.mainFile)].compactMap { $0 }
                )
                guard !candidates.isEmpty else {
                    add(.linkOutside, path, line: link.line + 1, "'\(shown)' leads out of the skill's folder")
                    continue
                }
                let found = candidates.filter { $0.isEmpty || places.contains($0) }
                if isMain { named.formUnion(found) }
                if found.isEmpty {
                    add(.linkBroken, path, line: link.line + 1, "'\(shown)' is not in the skill's folder")
                    continue
                }
                for place in found where mentioned[place] == nil {
                    mentioned[place] = named.contains(place) || ByteSearch.contains(place, in: main)
                }
                if !isMain, !found.contains(path), !found.contains(where: { $0.isEmpty || mentioned[$0] == true }) {
                    add(.linkDepth, path, line: link.line + 1, "'\(shown)' is reached over this file only")
                }
            }
        }
    }
}
