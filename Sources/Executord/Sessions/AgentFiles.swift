import FoundationEssentials
import Glibc
import Linux
import Tasks
import Wire

/// The files that an agent outside leaves about itself (logs, transcripts), kept beside those from inside.
struct AgentFiles: Sendable {
    let directory: String

    private static let maximumBytes = 64 << 20
    private static let patience: CInt = 30_000
    private static let limits = ArchiveLimits(entries: 10_000, bytes: Int64(maximumBytes), depth: 32)

    /// Unpacks a tar stream to its end; blocks, but not for ever.
    func keep(from descriptor: CInt) throws {
        let archive = try inMemory(try Self.bytes(of: descriptor))
        let place = directory + "/agent"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        try TreeArchive.unpack(from: archive.raw, to: place, limits: Self.limits)
    }

    private static func bytes(of descriptor: CInt) throws(WireError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count <= maximumBytes {
            var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&wait, 1, patience) != 0 else {
                throw WireError(.invalidParams, "the agent's files: nothing came for \(patience / 1000) s")
            }
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0 && (errno == EINTR || errno == EAGAIN) { continue }
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
        }
        throw WireError(
            .invalidParams,
            "the agent's files are larger than \(maximumBytes >> 20) MiB",
            remedy: "leave out what nobody will read"
        )
    }
}
