import Glibc
package import Linux
import Reactor
package import SandboxPlan

/// Files, touched by a child of pid 1 as somebody of the sandbox: neither the daemon nor the image's programs open them.
///
/// Relative paths start from `directory`. Only regular files are read and written: nobody waits for a FIFO. What takes
/// longer than `deadline` is killed. Errors are `SandboxError.file` (errno and path), `.notRegular`, `.deadlineExceeded`,
/// `.workerKilled`, `.cancelled`.
extension RunningSandbox {
    /// At most `limit` bytes of a file from `offset` on, and how large it is.
    package func readFile(
        _ path: SandboxPath,
        offset: UInt64 = 0,
        limit: Int,
        as user: ActingUser,
        in directory: SandboxPath = "/",
        deadline: Duration = .seconds(30)
    ) async throws(SandboxError) -> (bytes: [UInt8], size: UInt64) {
        let pipe = try SharedPipe()
        try pipe.reading.setNonblocking()
        let reactor = reactor
        let read = try await call(
            .read(path: path, offset: offset, length: UInt64(max(limit, 0))),
            as: user,
            in: directory,
            giving: pipe.writing,
            deadline: deadline
        ) { call async throws(SandboxError) -> FileContent in
            let bytes = try await pipe.reading.readAll(limit: max(limit, 0), on: reactor)
            return FileContent(bytes: bytes, size: try await call.reply().reply.count)
        }
        return (read.bytes, read.size)
    }

    /// Writes a whole file into a descriptor of the daemon's, which is lent for the call.
    ///
    /// - Returns: the file's size.
    @discardableResult
    package func copyFile(
        _ path: SandboxPath,
        to descriptor: CInt,
        as user: ActingUser,
        in directory: SandboxPath = "/",
        deadline: Duration = .seconds(600)
    ) async throws(SandboxError) -> UInt64 {
        let request = FileRequest.read(path: path, offset: 0, length: .max)
        return try await call(request, as: user, in: directory, lending: [descriptor], deadline: deadline) {
            call async throws(SandboxError) in try await call.reply().reply.count
        }
    }

    /// Writes a file; `mode` is that of a new one.
    package func writeFile(
        _ path: SandboxPath,
        _ bytes: [UInt8],
        mode: UInt32 = 0o644,
        how: WriteManner = .truncate,
        makesParents: Bool = false,
        as user: ActingUser,
        in directory: SandboxPath = "/",
        deadline: Duration = .seconds(30)
    ) async throws(SandboxError) {
        let pipe = try SharedPipe()
        try pipe.writing.setNonblocking()
        let input = ActionInput(pipe.writing, isTerminal: false, reactor: reactor)
        let request = FileRequest.write(path: path, mode: mode, how: how, makesParents: makesParents)
        _ = try await call(request, as: user, in: directory, giving: pipe.reading, deadline: deadline) {
            call async throws(SandboxError) in
            do throws(SandboxError) {
                for start in stride(from: 0, to: bytes.count, by: 1 << 20) {
                    try await input.write(Array(bytes[start..<min(start + 1 << 20, bytes.count)]))
                }
                input.close()
            } catch {
                // Who stops reading says why; see below.
                guard case .inputClosed = error else { throw error }
            }
            return try await call.reply().reply.count
        }
    }

    /// Writes a file from a descriptor of the daemon's, which is lent for the call and read to its end.
    ///
    /// - Returns: how many bytes that were.
    @discardableResult
    package func writeFile(
        _ path: SandboxPath,
        from descriptor: CInt,
        mode: UInt32 = 0o644,
        how: WriteManner = .truncate,
        makesParents: Bool = false,
        as user: ActingUser,
        in directory: SandboxPath = "/",
        deadline: Duration = .seconds(600)
    ) async throws(SandboxError) -> UInt64 {
        let request = FileRequest.write(path: path, mode: mode, how: how, makesParents: makesParents)
        return try await call(request, as: user, in: directory, lending: [descriptor], deadline: deadline) {
            call async throws(SandboxError) in try await call.reply().reply.count
        }
    }

    /// The names in a directory with what they stand for, by name; incomplete when there are more than `limit`.
    package func list(
        _ path: SandboxPath,
        limit: Int = 10_000,
        as user: ActingUser,
        in directory: SandboxPath = "/",
        deadline: Duration = .seconds(30)
    ) async throws(SandboxError) -> (entries: [DirectoryEntry], isComplete: Bool) {
        let pipe = try SharedPipe()
        try pipe.reading.setNonblocking()
        let reactor = reactor
        let listing = try await call(
            .list(path: path, limit: UInt32(clamping: limit)),
            as: user,
            in: directory,
            giving: pipe.writing,
            deadline: deadline
        ) { call async throws(SandboxError) -> (records: [UInt8], isComplete: Bool) in
            // A record is 300 bytes at most, or 5 KB with a link's target.
            let records = try await pipe.reading.readAll(limit: 256 << 20, on: reactor)
            return (records, try await call.reply().reply.isComplete)
        }
        guard let entries = try? DirectoryEntry.decodeAll(listing.records) else { throw .protocolBroken("a listing") }
        let sorted = entries.sorted { $0.name.bytes.lexicographicallyPrecedes($1.name.bytes) }
        return (sorted, listing.isComplete)
    }

    /// What a path stands for; of a link itself unless `followsLinks`.
    package func status(
        _ path: SandboxPath,
        followsLinks: Bool = true,
        as user: ActingUser,
        in directory: SandboxPath = "/",
        deadline: Duration = .seconds(30)
    ) async throws(SandboxError) -> FileStatus {
        let request = FileRequest.status(path: path, followsLinks: followsLinks)
        let status = try await call(request, as: user, in: directory, deadline: deadline) {
            call async throws(SandboxError) in try await call.reply().reply.status
        }
        guard let status else { throw .protocolBroken("no status") }
        return status
    }

    /// Removes a file, a link or a directory; one with something in it only recursively.
    package func remove(
        _ path: SandboxPath,
        isRecursive: Bool = false,
        as user: ActingUser,
        in directory: SandboxPath = "/",
        deadline: Duration = .seconds(60)
    ) async throws(SandboxError) {
        let request = FileRequest.remove(path: path, isRecursive: isRecursive)
        _ = try await call(request, as: user, in: directory, deadline: deadline) {
            call async throws(SandboxError) in try await call.reply().reply
        }
    }

    /// Makes a directory; with `makesParents` also those above it, and it may be there already.
    package func makeDirectory(
        _ path: SandboxPath,
        mode: UInt32 = 0o755,
        makesParents: Bool = false,
        as user: ActingUser,
        in directory: SandboxPath = "/",
        deadline: Duration = .seconds(30)
    ) async throws(SandboxError) {
        let request = FileRequest.makeDirectory(path: path, mode: mode, makesParents: makesParents)
        _ = try await call(request, as: user, in: directory, deadline: deadline) {
            call async throws(SandboxError) in try await call.reply().reply
        }
    }
}

extension RunningSandbox {
    /// Listens on a Unix stream socket inside, to which everybody inside may connect; nothing of the host is mounted.
    ///
    /// Missing directories above it are made; a socket of that name is replaced, anything else is an error. It is root
    /// inside without capabilities that does this. The sandbox's end does not close what is returned.
    package func listen(
        at path: SandboxPath,
        deadline: Duration = .seconds(30)
    ) async throws(SandboxError) -> OwnedDescriptor {
        let root = ActingUser(.ids(uid: 0, gid: 0), capabilities: [])
        let passed = try await call(.listen(path: path), as: root, in: "/", deadline: deadline) {
            call async throws(SandboxError) in try await call.reply().descriptors
        }
        guard let descriptor = passed.first?.take() else { throw .protocolBroken("no socket") }
        return descriptor
    }
}

private struct FileContent: Sendable {
    let bytes: [UInt8]
    let size: UInt64
}

extension ActingUser {
    /// Who an action with this profile runs as.
    package init(_ user: UserSelection, profile: ConfinementProfile) {
        self.init(user, capabilities: profile.capabilities)
    }
}
