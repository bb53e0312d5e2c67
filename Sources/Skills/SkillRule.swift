/// What a skill must be so that every agent can load it and a person can trust what they read.
///
/// The rules are the Agent Skills specification as its two validators read it, both at once, and what keeps texts honest.
package enum SkillRule: String, Codable, Sendable, CaseIterable {
    // The folder.
    case mainMissing = "main-missing"
    case pathUnsafe = "path-unsafe"
    case pathCollision = "path-collision"
    case fileTooLarge = "file-too-large"
    case notText = "not-text"
    // The front matter.
    case frontMatter = "front-matter"
    case frontMatterStyle = "front-matter-style"
    case unknownField = "unknown-field"
    case fieldNotText = "field-not-text"
    case nameForm = "name-form"
    case nameDirectory = "name-directory"
    case descriptionLength = "description-length"
    case descriptionBrackets = "description-brackets"
    case compatibilityLength = "compatibility-length"
    case metadataForm = "metadata-form"
    // The Markdown.
    case tooManyLines = "too-many-lines"
    case fenceOpen = "fence-open"
    case linkBroken = "link-broken"
    case linkOutside = "link-outside"
    case linkDepth = "link-depth"
    case controlCharacter = "control-character"
    case hiddenCharacter = "hidden-character"
    // Advice: what passes, and could be better.
    case manyTokens = "many-tokens"
    case longReference = "long-reference"

    /// Whether a skill that breaks the rule is refused.
    package var isBinding: Bool { self != .manyTokens && self != .longReference }

    /// What to do about it.
    package var remedy: String {
        switch self {
        case .mainMissing: "put the skill's text into a file named SKILL.md at the top of the folder"
        case .pathUnsafe: "use relative paths of plain names"
        case .pathCollision: "rename one of the two, so that every file system can hold both"
        case .fileTooLarge: "split it, or leave out what agents need not read"
        case .notText: "save it as UTF-8"
        case .frontMatter: "begin the file with a line ---, `name:` and `description:` lines, and a line ---"
        case .frontMatterStyle: "write each field as `key: value` from the first column, without --- in between"
        case .unknownField: "move it below `metadata:`"
        case .fieldNotText: "write a text, in quotes where it looks like a number, a date or yes and no"
        case .nameForm: "use 1 to 64 of a-z, 0-9 and single hyphens, none at either end"
        case .nameDirectory: "give the folder and the skill the same name"
        case .descriptionLength: "say in 1 to 1024 characters what the skill does and when to use it"
        case .descriptionBrackets: "leave out < and >"
        case .compatibilityLength: "use 1 to 500 characters"
        case .metadataForm: "write one `  key: \"text\"` line for each below `metadata:`"
        case .tooManyLines: "move details into files below references/ and link them"
        case .fenceOpen: "close the code block with a line of the same marks"
        case .linkBroken: "correct the path, or add the file"
        case .linkOutside: "copy the file into the skill's folder and link it there"
        case .linkDepth: "link it from SKILL.md, where agents look first"
        case .controlCharacter: "remove it"
        case .hiddenCharacter: "remove it: people do not see it, and agents read it"
        case .manyTokens: "keep what is always needed, and move the rest into references/"
        case .longReference: "split it by topic"
        }
    }
}

/// One place where a skill breaks a rule.
package struct SkillFinding: Codable, Sendable, Hashable {
    package let rule: SkillRule
    /// As it is in the tree; what is not printable is escaped.
    package let file: String
    /// Counted from 1; nil where the file as a whole is meant.
    package let line: Int?
    package let cause: String

    init(_ rule: SkillRule, _ file: String, line: Int? = nil, _ cause: String) {
        self.rule = rule
        self.file = PrintableText.shown(file)
        self.line = line
        self.cause = cause
    }
}

extension SkillFinding: CustomStringConvertible {
    /// `SKILL.md:3: cause; remedy [rule]`.
    package var description: String {
        "\(file)\(line.map { ":\($0)" } ?? ""): \(cause); \(rule.remedy) [\(rule.rawValue)]"
    }
}

/// Text of strangers as one short line that no terminal misreads.
enum PrintableText {
    static func shown(_ text: String, limit: Int = 80) -> String {
        var result = ""
        for scalar in text.unicodeScalars.prefix(limit) {
            let isPlain = scalar.isASCII || !HiddenCharacters.isHidden(scalar)
            result += isPlain ? scalar.escaped(asASCII: false) : scalar.escaped(asASCII: true)
        }
        return text.unicodeScalars.dropFirst(limit).isEmpty ? result : result + "…"
    }
}
