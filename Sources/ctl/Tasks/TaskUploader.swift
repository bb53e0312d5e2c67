import Client
import Glibc
import Linux
import Tasks
import Wire

/// Gives task directories to a daemon.
struct TaskUploader {
    let connection: Connection

    /// The uploaded task's digest and name; the directory travels as a tar stream through a pipe.
    func upload(_ directory: String) throws -> TaskUpload.Result {
        guard let path = FileNames.canonical(directory) else {
            throw OperationError(
                cause: "\(directory): \(errorText(errno))",
                remedy: "name a task directory; 'executorctl task init' makes one"
            )
        }
        var pipe = try Pipe()
        guard let readEnd = pipe.readEnd.take(), let writeEnd = pipe.writeEnd.take() else {
            throw OperationError(cause: "a pipe without ends")
        }
        let pending = try connection.begin(
            TaskUpload.self,
            .init(path: path),
            descriptors: [readEnd.raw]
        )
        _ = consume readEnd
        // A daemon that says no early closes its end: that shall be an error here, not our death.
        let formerly = signal(SIGPIPE, SIG_IGN)
        defer { signal(SIGPIPE, formerly) }
        let packed = Result { () throws(ArchiveError) in try TaskArchive.pack(directory, to: writeEnd.raw) }
        _ = consume writeEnd
        // A stream that broke was broken by the daemon, whose own error says why; others are ours to tell.
        if case .failure(let error) = packed, !error.isOfStream {
            throw OperationError(cause: "\(directory): \(error)")
        }
        let result = try connection.finish(pending)
        if case .failure(let error) = packed { throw OperationError(cause: "\(directory): \(error)") }
        return result
    }

    /// Values of the host variables that a task's templates name, as far as they are set.
    static func templates(_ names: [String]) -> [String: String] {
        var values: [String: String] = [:]
        for name in names { values[name] = getenv(name).map { String(cString: $0) } }
        return values
    }
}

extension ArchiveError {
    var isOfStream: Bool {
        if case .stream = self { true } else { false }
    }
}

/// Paths as the kernel sees them.
enum FileNames {
    /// Absolute and without links; nil when it does not exist.
    ///
    /// See realpath(3).
    static func canonical(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
