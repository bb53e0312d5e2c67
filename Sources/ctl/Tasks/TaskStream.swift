import Wire

/// Directories as tar streams, and what the client itself reads of a task.
enum TaskStream {
    /// Writes a task directory into a pipe.
    static func pack(_ directory: String, into descriptor: CInt) throws {
        throw OperationError(cause: "packing is not there yet")
    }

    /// Unpacks a stream below a directory; nothing can be written outside it.
    static func unpack(from descriptor: CInt, into directory: String) throws {
        throw OperationError(cause: "unpacking is not there yet")
    }

    /// Whether packing stopped because the daemon closed its end: its own error says why.
    static func isBrokenPipe(_ error: any Error) -> Bool {
        false
    }

    /// Names of the host variables that a task's templates ask for; none when it is not there any more.
    static func templateVariables(of directory: String) -> [String] {
        []
    }

    /// Makes a task directory; the files that it holds.
    static func makeTask(_ path: String) throws -> [String] {
        throw OperationError(cause: "templates are not there yet")
    }
}
