import CLinux
import FoundationEssentials
import Glibc
import Linux
import Sandbox
import SandboxPlan
import Tasks
import Verifier
import Wire

/// One line of Harbor's `artifacts/manifest.json`.
struct ArtifactEntry: Codable, Sendable {
    var source: String
    var destination: String
    /// `file` or `directory`.
    var type: String
    /// `ok`, `empty`, `failed`, or `skipped` where another artifact has the place.
    var status: String
    /// The patterns that a directory was filtered by.
    var exclude: [String]
}

/// The files that are kept of a trial, below the daemon's own directory.
///
/// Names come from agents: an entry is written only when every part of its path is an ordinary name; links, devices
/// and sockets are left out. So there is no link below the directory, where nobody else writes, that a path could follow.
struct TrialFiles: Sendable {
    let directory: String

    /// Where the files of one step are, below the trial's.
    static func stepDirectory(_ name: String, in directory: String) -> String { "\(directory)/steps/\(name)" }

    /// This directory and those of the steps.
    var stages: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(directory)/steps")) ?? []
        return [directory] + names.sorted().map { Self.stepDirectory($0, in: directory) }
    }

    /// Where frozen layers are, if they are kept.
    var archives: [String] { stages.map { "\($0)/\(Verification.archiveName)" } }

    /// Removes what a daemon that ended did not finish.
    func removeDrafts() {
        for archive in archives { _ = unlink(FrozenLayer.draft(of: archive)) }
    }

    /// Writes what was collected below `name`; says how many entries have names that cannot be written.
    @discardableResult
    func keep(_ tree: CollectedTree, as name: String) throws -> Int {
        try makeDirectory("\(directory)/\(name)")
        var unkept = 0
        for item in tree.items {
            guard let path = safePath(item.entry.path) else {
                unkept += 1
                continue
            }
            let place = "\(directory)/\(name)/\(path)"
            switch item.entry.kind {
            case .directory: try makeDirectory(place)
            case .file: try write(item.content, to: place)
            case .symlink, .hardlink, .deleted, .emptied, .other, .end: continue
            }
        }
        return unkept
    }

    /// Writes an artifact below `artifacts/`; says how many entries have names that cannot be written.
    func keep(_ artifact: ArtifactTree, at destination: String) throws -> Int {
        guard let file = artifact.singleFile else { return try keep(artifact.tree, as: "artifacts/\(destination)") }
        let parent = destination.split(separator: "/").dropLast().joined(separator: "/")
        try makeDirectory("\(directory)/artifacts/\(parent)")
        try write(file.content, to: "\(directory)/artifacts/\(destination)")
        return 0
    }

    func write(_ manifest: [ArtifactEntry]) throws {
        try makeDirectory("\(directory)/artifacts")
        try write(try WireJSON.encodePretty(manifest), to: "\(directory)/artifacts/manifest.json")
    }

    /// Not flushed to the disk one by one, as Foundation would: the record of the trial and its frozen layer are.
    private func write(_ bytes: [UInt8], to path: String) throws(WireError) {
        let raw = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard raw >= 0 else { throw WireError(.storageFailed, "create \(path): \(String(cString: strerror(errno)))") }
        let file = OwnedDescriptor(adopting: raw)
        try writeAll(bytes, to: file.raw, place: path)
    }

    private func makeDirectory(_ path: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    /// nil for a path that is not made of ordinary UTF-8 names.
    private func safePath(_ bytes: [UInt8]) -> String? {
        guard let path = String(validating: bytes, as: UTF8.self), !path.isEmpty, bytes.count < 3000 else { return nil }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let isSafe = parts.allSatisfy { part in
            !part.isEmpty && part != "." && part != ".." && part.utf8.count < 256
                && part.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }
        }
        return isSafe ? path : nil
    }
}

/// Bytes as a file in memory, ready to be read from its beginning.
func inMemory(_ bytes: [UInt8]) throws(WireError) -> OwnedDescriptor {
    let raw = clinux_memfd("bytes")
    guard raw >= 0 else { throw WireError(.storageFailed, "memfd_create: errno \(errno)") }
    let file = OwnedDescriptor(adopting: raw)
    try writeAll(bytes, to: raw, place: "memory")
    guard lseek(raw, 0, SEEK_SET) == 0 else { throw WireError(.storageFailed, "lseek: errno \(errno)") }
    return file
}

private func writeAll(_ bytes: [UInt8], to descriptor: CInt, place: String) throws(WireError) {
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else {
            throw WireError(.storageFailed, "write to \(place): \(String(cString: strerror(errno)))")
        }
        rest = rest.dropFirst(count)
    }
}

/// A directory as a tar file in memory, ready to be read from its beginning.
///
/// - Throws: `WireError` or `ArchiveError` when it cannot be made.
/// - Returns: the descriptor, which is the caller's to close.
func archiveInMemory(of directory: String) throws -> OwnedDescriptor {
    let raw = clinux_memfd("archive")
    guard raw >= 0 else { throw WireError(.storageFailed, "memfd_create: errno \(errno)") }
    let file = OwnedDescriptor(adopting: raw)
    try TreeArchive.pack(directory, to: raw)
    guard lseek(raw, 0, SEEK_SET) == 0 else { throw WireError(.storageFailed, "lseek: errno \(errno)") }
    return file
}
