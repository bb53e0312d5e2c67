/// Why a patch was not applied; the tree is then as it was.
package enum SkillPatchError: Error, Sendable, Hashable {
    /// The tree is not the one that the edits are for.
    case staleBase(expected: String?, found: String)
    case noEdits
    case tooManyEdits(count: Int, limit: Int)
    /// One edit cannot be done; `index` counts from 0.
    case edit(index: Int, file: String, operation: SkillEdit.Operation, refusal: Refusal)
    /// More of the base's words would go than the policy allows; shares of 1.
    case lossTooGreat(lost: Double, limit: Double)
    /// `describe` would change the skill's name, or leave a front matter that cannot be read.
    case headBroken(reason: String)

    /// What is wrong with one edit.
    package enum Refusal: Error, Sendable, Hashable {
        case noEvidence
        case unsafePath
        case fieldMissing(String)
        case fileMissing
        case fileExists
        /// A folder has the file's name, or a file that of a folder above it.
        case folderInTheWay(String)
        case notText
        case sectionMissing(String)
        case sectionAmbiguous(String, count: Int)
        case textMissing(String)
        case textAmbiguous(String, count: Int)
        /// The content of `add_section` does not begin with a heading.
        case noHeading
        case frontMatter
        case protected(line: Int)
        /// `SKILL.md` cannot be removed.
        case mainFile
        /// Both need the same lines, or one of them removes what the other one is placed by.
        case overlaps(edit: Int)
        case notLinked
        case stillLinked
    }
}

extension SkillPatchError: CustomStringConvertible {
    /// Cause, place and remedy.
    package var description: String {
        switch self {
        case .staleBase(let expected?, let found):
            "the patch is for \(expected), and the skill is \(found) now; propose it again for that"
        case .staleBase(nil, let found):
            "the patch makes a new skill, and there is one (\(found)); name it as the patch's base"
        case .noEdits: "the patch has no edits; leave it out"
        case .tooManyEdits(let count, let limit):
            "the patch has \(count) edits, and \(limit) are allowed; propose the best supported first"
        case .edit(let index, let file, let operation, let refusal):
            "edit \(index + 1) (\(operation.rawValue) in \(PrintableText.shown(file))): \(refusal)"
        case .lossTooGreat(let lost, let limit):
            "\(Self.percent(lost)) of the skill's words would go, and \(Self.percent(limit)) may; keep what is not refuted"
        case .headBroken(let reason): "the front matter after the edits: \(reason)"
        }
    }

    private static func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }
}

extension SkillPatchError.Refusal: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noEvidence: "cites nothing; name the actions or checks that it was learnt from in `evidence`"
        case .unsafePath: "the file is no relative path below the skill's folder; use one like references/notes.md"
        case .fieldMissing(let field): "needs `\(field)`"
        case .fileMissing: "there is no such file; `create` makes one"
        case .fileExists: "the file is there already; edit it, or take another name"
        case .folderInTheWay(let path): "'\(PrintableText.shown(path))' is both a file and a folder then; take another name"
        case .notText: "the file is not UTF-8 text; only whole such files can be made or removed"
        case .sectionMissing(let title): "no heading '\(PrintableText.shown(title))'; copy the heading from the file"
        case .sectionAmbiguous(let title, let count):
            "\(count) headings are '\(PrintableText.shown(title))'; write it with its # marks, or place the edit by text"
        case .textMissing(let text): "the text '\(PrintableText.shown(text))' is not there; copy it from the file"
        case .textAmbiguous(let text, let count):
            "the text '\(PrintableText.shown(text))' is there \(count) times or more; take a longer piece"
        case .noHeading: "the content of a new section must begin with a heading like `## Title`"
        case .frontMatter: "the front matter may be changed by proposals of the operation `describe` only"
        case .protected(let line): "line \(line) is between <!-- protected --> and <!-- /protected -->; leave it as it is"
        case .mainFile: "a skill without SKILL.md is none; retire the skill instead"
        case .overlaps(let edit): "needs lines that edit \(edit + 1) changes; make one edit of the two"
        case .notLinked: "SKILL.md would not name the new file; link it there in the same patch"
        case .stillLinked: "SKILL.md would still name the removed file; remove that in the same patch"
        }
    }
}
