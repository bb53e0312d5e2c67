package import Documents

/// Why a directory is not a task that can be read; each case says what to do.
package enum TaskError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The path is not a directory that can be opened.
    case notADirectory(path: String, reason: String)
    /// A file without which there is no task.
    case missing(file: String, remedy: String)
    /// A file that is there and cannot be read.
    case unreadable(file: String, reason: String)
    /// `task.toml` is broken, or says something that cannot be meant.
    case document(DocumentError)
    /// More files, or larger ones, than a task may have.
    case tooLarge(String)
    /// A new task cannot be written there.
    case unwritable(path: String, reason: String)

    package var description: String {
        switch self {
        case .notADirectory(let path, let reason): "\(path): \(reason); name the directory that holds task.toml"
        case .missing(let file, let remedy): "\(file) is missing; \(remedy)"
        case .unreadable(let file, let reason): "\(file) cannot be read: \(reason)"
        case .document(let error): error.description
        case .tooLarge(let what): "\(what); move what the task does not need out of its directory"
        case .unwritable(let path, let reason): "\(path): \(reason); name a new directory in one that you can write to"
        }
    }
}
