import Glibc
import Wire

/// Bytes kept once under their SHA-256, as `ab/cdef…` below its directory.
///
/// A blob appears under its name only when it is whole and on the disk; what a crash leaves are temporary files, which the
/// next start removes.
package actor BlobStore {
    nonisolated let directory: String
    private let executor = QueueExecutor(label: "executord.blobs")
    private var temporaries = 0

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(directory: String) throws(StoreError) {
        self.directory = directory
        try FileOperations.makeDirectory(directory)
        try Self.emptyTemporaryDirectory(directory + "/tmp")
    }

    /// Stores `bytes` and returns their digest in hexadecimal; known bytes cost no writing.
    package func store(_ bytes: [UInt8]) throws(StoreError) -> String {
        let digest = SHA256.hex(of: bytes)
        let path = path(of: digest)
        // Known bytes become new again: whoever collects what no record names leaves them for the event that follows.
        if utimensat(AT_FDCWD, path, nil, 0) == 0 { return digest }
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
        if !FileOperations.exists(folder) {
            try FileOperations.makeDirectory(folder)
            try FileOperations.syncDirectory(directory)
        }
        temporaries += 1
        let temporary = "\(directory)/tmp/\(temporaries)"
        do throws(StoreError) {
            try FileOperations.write(bytes, to: temporary, sync: true)
            guard rename(temporary, path) == 0 else { throw .lastFile("rename", temporary) }
        } catch {
            unlink(temporary)
            throw error
        }
        try FileOperations.syncDirectory(folder)
        return digest
    }

    /// At most `limit` bytes of a blob from `offset` on, and the blob's size.
    package func read(
        _ digest: String,
        from offset: Int = 0,
        limit: Int = .max
    ) throws(StoreError) -> (bytes: [UInt8], size: Int) {
        guard digest.utf8.count == 64, digest.utf8.allSatisfy(Self.isHexadecimal) else {
            throw .damaged("'\(digest)' is not the name of a blob")
        }
        do throws(StoreError) {
            return try FileOperations.read(path(of: digest), from: max(0, offset), limit: limit)
        } catch .file(_, let path, Int(ENOENT)) {
            throw .damaged("the blob \(path) is missing")
        }
    }

    private nonisolated func path(of digest: String) -> String {
        "\(directory)/\(digest.prefix(2))/\(digest.dropFirst(2))"
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
    }

    /// Removes what a crash between write and rename has left.
    private static func emptyTemporaryDirectory(_ path: String) throws(StoreError) {
        try FileOperations.makeDirectory(path)
        for name in try FileOperations.names(in: path) { unlink("\(path)/\(name)") }
    }
}
