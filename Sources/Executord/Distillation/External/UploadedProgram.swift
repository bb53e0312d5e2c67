import FoundationEssentials
import Linux
import Reactor
import Tasks
import Wire

/// A distiller's program that came with a call: a directory of its own, gone with this.
final class UploadedProgram: Sendable {
    let directory: String
    private static let limits = ArchiveLimits(entries: 10_000, bytes: 64 << 20)

    /// Reads the directory from a tar stream.
    init(from descriptor: CInt, scratch: String) throws {
        let place = "\(scratch)/distiller-\(UUID().uuidString)"
        directory = place
        do {
            try TreeArchive.unpack(from: descriptor, to: place, limits: Self.limits)
        } catch {
            // Swift does not call deinit of an object that was not made.
            try? FileManager.default.removeItem(atPath: place)
            throw error
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    /// The one that a frame passed; nil when it passed none.
    static func receive(_ passed: [SharedDescriptor], scratch: String) async throws -> UploadedProgram? {
        guard let source = passed.first?.take() else { return nil }
        let raw = source.raw
        return try await onOwnThread { try UploadedProgram(from: raw, scratch: scratch) }
    }
}
