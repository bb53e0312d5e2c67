import FoundationEssentials
import Images
import Sandbox
import Tasks
import Wire

/// Programs for verifiers that have no network: an image of the store, seen read-only by verifiers and by nobody else.
///
/// It has `bin`, which comes first in PATH; perhaps `environment`, with a variable and its value on each line; and perhaps
/// an empty directory `run`, in which a verifier may write.
struct VerifierTools: Sendable {
    /// Where they are seen, and where interpreters among them expect to be.
    static let place = "/verifier-tools"
    /// Kept as long as this is.
    private let held: HeldImage
    private let variables: [String: String]

    /// The name, or the digest, of an image of the store.
    ///
    /// - Throws: when there is none, so that nobody is graded without what the administrator wants.
    init(_ name: String, in images: ImageLibrary, for trial: String) throws(WireError) {
        guard let held = images.store.hold(name, by: trial) else {
            throw WireError(
                .taskRefused,
                "the verifier tools '\(name)' are not in the store",
                reason: "verifierToolsMissing",
                remedy: "'executorctl image build-verifier-tools', or another [verifier] tools in the settings"
            )
        }
        self.held = held
        let text = FileManager.default.contents(atPath: held.image.hostPath("/environment")) ?? Data()
        variables = Self.variables(in: String(decoding: text, as: UTF8.self))
    }

    /// `sha256:` and 64 digits, for the record.
    var digest: String { held.id }

    static func variables(in text: String) -> [String: String] {
        let pairs = text.split(separator: "\n").map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
        return Dictionary(pairs.filter { $0.count == 2 }.map { ($0[0], $0[1]) }) { _, last in last }
    }

    /// What an agent has left at their place is covered, whatever it is.
    var mounts: [PolicyMount] {
        var mounts = [PolicyMount(.readOnly(path: held.image.root), at: Self.place, replacing: true)]
        if FileManager.default.fileExists(atPath: held.image.hostPath("/run")) {
            mounts.append(PolicyMount(.fresh(name: "verifier-tools"), at: Self.place + "/run"))
        }
        return mounts
    }

    /// A verifier's environment with theirs over it, but for what the task itself says of its verifier.
    func added(to environment: [String: String], task: [String: String]) -> [String: String] {
        var result = environment.merging(variables) { _, tools in tools }.merging(task) { _, task in task }
        result["PATH"] = "\(Self.place)/bin:\(result["PATH"] ?? ImageSettings.path)"
        return result
    }
}
