import CommandLineKit
import Documents
import FoundationEssentials
import Wire

/// The settings file as it is written; every key may be absent, an unknown one is an error.
struct ConfigurationFile: Decodable {
    var state: String?
    var socket: String?
    var concurrency: Int?
    var administratorGroup: String?
    var limits: Limits?
    var images: [String: String]?

    struct Limits: Decodable {
        var memoryBytes: Int?
        var processes: Int?
        var storageBytes: Int?
        var inodes: Int?
        var openFiles: Int?
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case state, socket, concurrency, administratorGroup, limits, images
    }

    /// The smallest values that anything can run with.
    private static let least: [(key: String, value: @Sendable (Limits) -> Int?, least: Int)] = [
        ("memoryBytes", { $0.memoryBytes }, 16 << 20), ("processes", { $0.processes }, 8),
        ("storageBytes", { $0.storageBytes }, 1 << 20),
        ("inodes", { $0.inodes }, 64), ("openFiles", { $0.openFiles }, 16),
    ]

    /// Reads a file; an error names the file, the key, and what is wrong with it.
    init(path: String) throws {
        guard let text = FileManager.default.contents(atPath: path) else {
            throw WireError(.invalidParams, "\(path): cannot be read", remedy: "name a file with --config")
        }
        let document = try TOMLDocument([UInt8](text), file: path)
        try Self.checkKeys(try document.decode([String: DocumentValue].self), path)
        self = try document.decode(ConfigurationFile.self)
        try checkValues(path)
    }

    private static func checkKeys(_ table: [String: DocumentValue], _ path: String) throws(WireError) {
        let known = CodingKeys.allCases.map(\.rawValue)
        for key in table.keys.sorted() where !known.contains(key) { throw unknown(key, known, path) }
        guard case .table(let limits) = table["limits"] else { return }
        let knownLimits = least.map(\.key)
        for key in limits.keys.sorted() where !knownLimits.contains(key) {
            throw unknown("limits.\(key)", knownLimits.map { "limits.\($0)" }, path)
        }
    }

    private static func unknown(_ key: String, _ known: [String], _ path: String) -> WireError {
        WireError(
            .invalidParams,
            "\(path): there is no setting '\(key)'\(Suggestion.sentence(for: key, among: known))",
            remedy: "one of \(known.joined(separator: ", "))"
        )
    }

    private func checkValues(_ path: String) throws(WireError) {
        if let concurrency, concurrency < 1 {
            throw WireError(.invalidParams, "\(path): concurrency is \(concurrency)", remedy: "at least 1")
        }
        guard let limits else { return }
        for (key, value, least) in Self.least {
            guard let value = value(limits), value < least else { continue }
            throw WireError(.invalidParams, "\(path): limits.\(key) is \(value)", remedy: "at least \(least)")
        }
    }
}
