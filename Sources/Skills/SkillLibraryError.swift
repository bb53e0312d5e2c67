package import Trajectory

/// Why the library could not do what it was asked; it is then as it was.
package enum SkillLibraryError: Error, Sendable, Equatable {
    case noSkill(String)
    case noVersion(SkillReference)
    case noSnapshot(String)
    /// The prefix of a digest fits several snapshots.
    case ambiguousSnapshot(String)
    /// The tree has no name that a library can file it under.
    case nameless(reason: String)
    /// The newest version of the skill has this very tree.
    case known(SkillReference)
    /// No way leads from one state to the other.
    case illegalMove(SkillReference, from: SkillState, to: SkillState)
    /// The snapshot has a version that was taken out of use since because it does harm.
    case quarantined(SkillReference)
    /// The rollback would change nothing.
    case alreadyCurrent(String)
    case folder(SkillFolderError)
    /// `git` ended otherwise than well.
    case git(arguments: [String], status: Int32, output: String)
    case store(StoreError)
}

extension SkillLibraryError: CustomStringConvertible {
    /// Cause, place and remedy.
    package var description: String {
        switch self {
        case .noSkill(let name): "the library has no skill '\(name)'; look for its name with a search"
        case .noVersion(let reference):
            "the library has no skill \(reference); its log names the versions that are there"
        case .noSnapshot(let digest): "the library never had a snapshot \(digest); its history names those that it had"
        case .ambiguousSnapshot(let prefix): "several snapshots begin with \(prefix); give more digits"
        case .nameless(let reason): "this folder has no name to file it under: \(reason)"
        case .known(let reference): "\(reference) is this very folder; nothing was added"
        case .illegalMove(let reference, let from, let to):
            "\(reference) is \(from.rawValue), and what is \(from.rawValue) cannot become \(to.rawValue) "
                + "(\(Self.words(from.successors)))"
        case .quarantined(let reference):
            "\(reference) is of that snapshot and is quarantined; stage it again first, or go back to another snapshot"
        case .alreadyCurrent(let digest): "the library is at \(digest) already"
        case .folder(let error): error.description
        case .git(let arguments, let status, let output):
            "git \(arguments.joined(separator: " ")) ended with \(status): \(output); is git installed, and the folder writable?"
        case .store(let error): error.remedy.map { "\(error); \($0)" } ?? error.description
        }
    }

    private static func words(_ states: Set<SkillState>) -> String {
        states.isEmpty
            ? "nothing follows it but by a rollback" : "only " + states.map(\.rawValue).sorted().joined(separator: ", ")
    }
}
