import FoundationEssentials
import Tasks
import Wire

/// The files that an agent outside leaves about itself (logs, transcripts), kept beside those from inside.
struct AgentFiles: Sendable {
    let directory: String
    private static let limits = ArchiveLimits(entries: 10_000, depth: 32)

    /// Unpacks a tar stream to its end; blocks.
    func keep(from descriptor: CInt) throws {
        let place = directory + "/agent"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        try TreeArchive.unpack(from: descriptor, to: place, limits: Self.limits)
    }
}
