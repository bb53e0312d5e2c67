import SandboxPlan

/// What a transfer of a tree has moved.
package struct TreeTransfer: Sendable, Hashable {
    package var entries = 0
    /// Content of files.
    package var bytes: UInt64 = 0
    /// Devices, FIFOs and sockets that were left out of a download.
    package var skipped = 0

    /// Counts an entry.
    ///
    /// - Throws: `SandboxError.tooLarge` when it is one too many.
    mutating func count(_ entry: TreeEntry, within limits: TreeLimits) throws(SandboxError) {
        let path = SandboxPath(bytes: entry.path)
        entries += 1
        guard entries <= Int(limits.entries) else { throw .tooLarge(path: path, "more than \(limits.entries) entries") }
        guard entry.contentBytes <= limits.fileBytes else {
            throw .tooLarge(path: path, "a file of more than \(limits.fileBytes) bytes")
        }
        bytes += entry.contentBytes
        guard bytes <= limits.totalBytes else {
            throw .tooLarge(path: path, "more than \(limits.totalBytes) bytes in all")
        }
    }
}
