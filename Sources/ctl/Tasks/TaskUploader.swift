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
        return try TreeStream(connection: connection).send(TaskUpload.self, .init(path: path), from: directory) {
            descriptor throws(ArchiveError) in try TaskArchive.pack(directory, to: descriptor)
        }
    }

    /// Values of the host variables that a task's templates name, as far as they are set.
    static func templates(_ names: [String]) -> [String: String] {
        var values: [String: String] = [:]
        for name in names { values[name] = getenv(name).map { String(cString: $0) } }
        return values
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
