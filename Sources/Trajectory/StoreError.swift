/// Why the store could not do what it was asked.
package enum StoreError: Error, Sendable, Equatable {
    /// Nothing of that name that the caller may see.
    case notFound(String)
    /// The reference fits several trials; the first of them are named.
    case ambiguous(reference: String, candidates: [String])
    /// The request does not fit the trial's phase, for example a further event of a finished trial.
    case conflict(String)
    /// The value cannot be stored, for example a number that JSON has no form for.
    case unstorable(String)
    /// Another process holds this state directory.
    case inUse(directory: String)
    /// The database was written by a newer version of this program.
    case newerDatabase(path: String, found: Int, supported: Int)
    /// SQLite refused; `code` is its extended result code.
    case database(operation: String, code: Int, message: String)
    /// A file operation failed.
    case file(operation: String, path: String, errno: Int)
    /// What was stored cannot be read back.
    case damaged(String)
    /// The store was closed.
    case closed
}

extension StoreError: CustomStringConvertible {
    /// Cause and place in one sentence.
    package var description: String {
        switch self {
        case .notFound(let what): "no \(what)"
        case .ambiguous(let reference, let candidates):
            "'\(reference)' fits several trials: \(candidates.joined(separator: ", "))"
        case .conflict(let what): what
        case .unstorable(let what): what
        case .inUse(let directory): "the state directory \(directory) is in use by another executord"
        case .newerDatabase(let path, let found, let supported):
            "\(path) has schema \(found), and this version knows schemas up to \(supported)"
        case .database(let operation, let code, let message): "database: \(operation): \(message) (SQLite \(code))"
        case .file(let operation, let path, let code): "\(operation) \(path): \(Self.text(ofErrno: code))"
        case .damaged(let what): "the record is damaged: \(what)"
        case .closed: "the store is closed: the daemon is stopping"
        }
    }

    /// What to do about it; nil where the sentence says all.
    package var remedy: String? {
        switch self {
        case .notFound: "`executorctl list` shows the trials that you may see"
        case .ambiguous: "give more characters of the name"
        case .conflict, .unstorable: nil
        case .inUse: "stop the other daemon (`executorctl daemon stop`), or give this one a state directory of its own"
        case .newerDatabase: "install the version that wrote it, or give this one a state directory of its own"
        case .database(_, let code, _) where code & 0xff == 13: "free disk space where the state directory lies"
        case .database(_, let code, _) where code & 0xff == 8: "make the state directory writable for the daemon"
        case .database: "check the disk, and the database with `sqlite3 FILE 'PRAGMA integrity_check'`"
        case .file: "check that the state directory exists, is the daemon's own and has space"
        case .damaged: "restore the state directory from a backup, or move it away to start with an empty one"
        case .closed: "try again when the daemon runs"
        }
    }
}
