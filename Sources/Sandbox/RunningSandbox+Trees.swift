import Glibc
import Linux
import Reactor
package import SandboxPlan

/// Directory trees as tar streams through descriptors of the daemon's, which are lent for the call.
///
/// The tar side is read and written here, on a thread of its own and with bounded memory; the files are touched by a child
/// of pid 1 as somebody of the sandbox.
extension RunningSandbox {
    /// Unpacks a tar stream below a directory, merging with what is there; the directory is made if it is missing.
    ///
    /// Links are placed as they are, and never followed: an entry below one is an error, as is a target that is one. What
    /// is no file, directory or link, has an absolute name or `..`, is refused by name. Modes are kept without
    /// set-user-ID and the like, the owner is `user`. After an error, what came before it is there.
    @discardableResult
    package func upload(
        tarFrom descriptor: CInt,
        to path: SandboxPath,
        as user: ActingUser,
        in directory: SandboxPath = "/",
        limits: TreeLimits = .transfer,
        deadline: Duration = .seconds(600)
    ) async throws(SandboxError) -> TreeTransfer {
        let pipe = try SharedPipe()
        try pipe.writing.setNonblocking()
        guard let sink = pipe.writing.raw else { throw .protocolBroken("pipe") }
        let stream = InterruptibleStream(source: descriptor, sink: sink, interruption: try Interruption())
        return try await call(.unpack(path: path), as: user, in: directory, giving: pipe.reading, deadline: deadline) {
            call async throws(SandboxError) in
            let transfer = await stream.transfer { () throws(SandboxError) in
                try TarReader.copy(stream, limits: limits)
            }
            _ = pipe.writing.take()
            // Who stops reading says why.
            guard case .failure(.inputClosed) = transfer else {
                let sent = try transfer.get()
                _ = try await call.reply()
                return sent
            }
            _ = try await call.reply()
            throw .protocolBroken("an answer before the end")
        }
    }

    /// Places a tree that was read out of another sandbox below a directory, by the rules of `upload`; it is made if it
    /// is missing.
    package func place(
        _ tree: CollectedTree,
        at path: SandboxPath,
        as user: ActingUser,
        deadline: Duration = .seconds(600)
    ) async throws(SandboxError) {
        let pipe = try SharedPipe()
        try pipe.writing.setNonblocking()
        let input = ActionInput(pipe.writing, isTerminal: false, reactor: reactor)
        _ = try await call(.unpack(path: path), as: user, in: "/", giving: pipe.reading, deadline: deadline) {
            call async throws(SandboxError) in
            do throws(SandboxError) {
                var encoder = TreeEncoder(tree)
                while let piece = encoder.nextPiece() { try await input.write(piece) }
                input.close()
            } catch {
                // Who stops reading says why; see below.
                guard case .inputClosed = error else { throw error }
            }
            return try await call.reply().reply.count
        }
    }

    /// Packs everything below a directory, or one file, into a tar stream.
    ///
    /// Symbolic links are packed as such; devices, FIFOs and sockets are left out and counted. What exceeds a limit or
    /// cannot be read is an error, after which the stream has no end mark.
    @discardableResult
    package func download(
        _ path: SandboxPath,
        tarTo descriptor: CInt,
        as user: ActingUser,
        in directory: SandboxPath = "/",
        limits: TreeLimits = .transfer,
        deadline: Duration = .seconds(600)
    ) async throws(SandboxError) -> TreeTransfer {
        let pipe = try SharedPipe()
        try pipe.reading.setNonblocking()
        guard let source = pipe.reading.raw else { throw .protocolBroken("pipe") }
        let stream = InterruptibleStream(source: source, sink: descriptor, interruption: try Interruption())
        let request = FileRequest.pack(path: path, limits: limits)
        return try await call(request, as: user, in: directory, giving: pipe.writing, deadline: deadline) {
            call async throws(SandboxError) in
            let transfer = await stream.transfer { () throws(SandboxError) in
                try TarWriter.copy(stream, limits: limits)
            }
            _ = pipe.reading.take()
            switch transfer {
            case .success(var sent):
                sent.skipped = Int(clamping: try await call.reply().reply.count)
                return sent
            case .failure(.inputClosed): throw .system(call: "write the tar stream", errno: EPIPE)
            case .failure(.workerKilled):
                // Its own reason, if it had one.
                _ = try await call.reply()
                throw .workerKilled
            case .failure(let error): throw error
            }
        }
    }
}

extension InterruptibleStream {
    /// Does the blocking part; cancelling the caller interrupts it.
    func transfer(
        _ work: @escaping @Sendable () throws(SandboxError) -> TreeTransfer
    ) async -> Result<TreeTransfer, SandboxError> {
        await withTaskCancellationHandler {
            do {
                return .success(try await onOwnThread { try work() })
            } catch let error as SandboxError {
                return .failure(error)
            } catch {
                return .failure(.protocolBroken("\(error)"))
            }
        } onCancel: {
            interruption.stop()
        }
    }
}
