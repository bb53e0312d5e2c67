import CLinux
import Glibc
import Linux
import Reactor
package import SandboxPlan

extension SandboxHost {
    /// Reads a layer that nobody writes to any more, in a process that sees nothing else.
    ///
    /// - Parameters:
    ///   - layer: what is read.
    ///   - identity: whose ids its files belong to.
    ///   - listed: directories of the layer; one that is not there is empty.
    ///   - limits: of each tree.
    ///   - archive: what goes into a tar stream, and the descriptor that takes it, which is lent for the call.
    ///   - deadline: for all of it.
    /// - Returns: the trees of `listed`, in their order.
    /// - Throws: `SandboxError.layerNotRead` with the reason, `.deadlineExceeded`, `.setupFailed`, `.cancelled`.
    package func read(
        _ layer: Layer,
        of identity: Identity,
        listing listed: [String] = [],
        limits: TreeLimits = TreeLimits(),
        archive: (form: LayerArchive, descriptor: CInt)? = nil,
        deadline: Duration = .seconds(300)
    ) async throws(SandboxError) -> [CollectedTree] {
        let pipe = try SharedPipe()
        try pipe.reading.setNonblocking()
        guard let sink = pipe.writing.raw, let source = pipe.reading.raw else { throw .protocolBroken("pipe") }
        let request = LayerReading(
            layer: layer.path,
            identities: identity.ranges,
            listed: listed,
            limits: limits,
            archive: archive?.form,
            seccomp: readerFilter
        )
        let process = SharedDescriptor(
            adopting: try await launcher.startReader(request, [sink] + (archive.map { [$0.descriptor] } ?? []))
        )
        _ = pipe.writing.take()
        let count = listed.count + (archive == nil ? 0 : 1)
        let outcome: Result<[CollectedTree]?, SandboxError>
        do throws(SandboxError) {
            outcome = .success(
                try await withDeadline(deadline) { [reactor] () async throws(SandboxError) in
                    try await CollectedTree.read(count, from: source, limits: limits, reactor: reactor)
                }
            )
        } catch .sandboxEnded {
            outcome = .failure(Task.isCancelled ? .cancelled : .layerNotRead("its reader ended"))
        } catch {
            outcome = .failure(error)
        }
        await end(process)
        guard var trees = try outcome.get() else { throw Task.isCancelled ? .cancelled : .deadlineExceeded(deadline) }
        guard archive != nil, let last = trees.popLast() else { return trees }
        guard last.incomplete.isEmpty else { throw .layerNotRead("its archive: \(last.incomplete)") }
        return trees
    }

    /// What the process that reads needs; of the host it still has the network, which these calls do not reach.
    static let readerCalls = [
        "openat", "openat2", "close", "fcntl", "fstat", "newfstatat", "getdents64", "readlinkat", "flistxattr",
        "fgetxattr",
        "read", "pread64", "lseek", "write", "poll", "ppoll",
        // Of the languages' runtimes.
        "mmap", "munmap", "mremap", "mprotect", "madvise", "brk", "futex", "getrandom", "rt_sigprocmask",
        "rt_sigreturn",
        "exit", "exit_group",
    ]

    /// Nothing of the layer is in use when this returns.
    private func end(_ process: SharedDescriptor) async {
        process.withRaw { _ = clinux_pidfd_send_signal($0, SIGKILL) }
        guard let raw = process.raw, !isReadable(raw, within: briefMilliseconds) else { return }
        let reactor = reactor
        // A task of its own is not cancelled with the caller's.
        await Task { for await _ in reactor.readiness(of: raw) where isReadable(raw, within: 0) { return } }.value
        reactor.forget(raw)
    }
}
