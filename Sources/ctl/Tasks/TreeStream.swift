import Client
import Glibc
import Linux
import Tasks
import Wire

/// Carries a directory to a daemon beside a call, as a tar stream through a pipe.
struct TreeStream {
    let connection: Connection

    /// The answer to the call; `pack` writes the stream while the daemon reads it, `waiting` takes what comes after it.
    func send<M: Method>(
        _ method: M.Type,
        _ params: M.Params,
        from directory: String,
        waiting: ((Connection.Pending<M>) throws -> M.Result)? = nil,
        pack: (CInt) throws(ArchiveError) -> Void
    ) throws -> M.Result {
        var pipe = try Pipe()
        guard let readEnd = pipe.readEnd.take(), let writeEnd = pipe.writeEnd.take() else {
            throw OperationError(cause: "a pipe without ends")
        }
        let pending = try connection.begin(method, params, descriptors: [readEnd.raw])
        _ = consume readEnd
        // A daemon that says no early closes its end: that shall be an error here, not our death.
        let formerly = signal(SIGPIPE, SIG_IGN)
        defer { signal(SIGPIPE, formerly) }
        let packed = Result { () throws(ArchiveError) in try pack(writeEnd.raw) }
        _ = consume writeEnd
        // A stream that broke was broken by the daemon, whose own error says why; others are ours to tell.
        if case .failure(let error) = packed, !error.isOfStream {
            throw OperationError(cause: "\(directory): \(error)")
        }
        let result = try waiting.map { try $0(pending) } ?? connection.finish(pending)
        if case .failure(let error) = packed { throw OperationError(cause: "\(directory): \(error)") }
        return result
    }
}

extension ArchiveError {
    var isOfStream: Bool {
        if case .stream = self { true } else { false }
    }
}
