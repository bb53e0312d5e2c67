import FoundationEssentials
import Glibc
import Images
import Linux
import Reactor
import Tasks
import Wire

/// Fetches images from registries that the administrator has listed.
///
/// By skopeo(1), which knows their protocol, credentials (containers-auth.json(5)), mirrors and private authorities
/// (containers-registries.conf(5)); what it brings is taken in as any other archive, and trusted as little.
struct RegistryFetch: Sendable {
    /// Hosts, such as `docker.io`.
    let allowed: [String]
    let store: ImageStore
    let spawner: Spawner
    let reactor: Reactor
    /// A directory for what is on its way, and is removed.
    let scratch: String

    private static let program = "/usr/bin/skopeo"

    /// Takes in an image; `report` is told what is being done.
    func fetch(
        _ text: String,
        report: @escaping @Sendable (ImageBuildProgress.Params) async -> Void
    ) async throws -> ImageStore.Imported {
        guard let name = ImageName(text) else {
            throw WireError(
                .invalidParams,
                "'\(text)' is no name for an image",
                remedy: "as Docker writes it, such as debian:12 or ghcr.io/team/base:1"
            )
        }
        guard allowed.contains(name.registry) else {
            throw WireError(
                .taskRefused,
                "\(name.reference): images are not fetched from \(name.registry) here",
                reason: "registryNotListed",
                remedy:
                    "an administrator can list it in registries.allowed of the configuration; or take in what `docker save` "
                    + "writes with `executorctl image import`"
            )
        }
        guard access(Self.program, X_OK) == 0 else {
            throw WireError(.sandboxFailed, "\(Self.program) is not there", remedy: "apt-get install skopeo")
        }
        await report(.init(step: 1, steps: 0, text: "fetching \(name.reference)"))
        let archive = "\(scratch)/fetch-\(UUID().uuidString)"
        defer { unlink(archive) }
        try await copy(name, to: archive)
        let file = open(archive, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw WireError(.storageFailed, "open \(archive): \(String(cString: strerror(errno)))") }
        let owned = OwnedDescriptor(adopting: file)
        await report(.init(step: 2, steps: 0, text: "taking in \(name.reference)"))
        let imported = try await store.take(from: owned.raw, name: name, source: name.reference)
        withExtendedLifetime(owned) {}
        return imported
    }

    private func copy(_ name: ImageName, to archive: String) async throws {
        var pipe = try Pipe()
        guard let sink = pipe.writeEnd.take(), let source = pipe.readEnd.take() else {
            throw WireError(.internalError, "a pipe without ends")
        }
        // Where credentials and proxies are is in the environment.
        let environment = ProcessInfo.processInfo.environment.merging(["TMPDIR": scratch]) { $1 }
        let child = try await spawner.spawn(
            Self.program,
            arguments: ["skopeo", "copy", "--quiet", "docker://\(name.reference)", "oci-archive:\(archive)"],
            environment: environment.map { "\($0.key)=\($0.value)" },
            descriptors: [(sink.raw, 1), (sink.raw, 2)]
        )
        _ = consume sink
        let reader = try PipeReader(adopting: source, reactor: reactor)
        let (end, words) = try await withTaskCancellationHandler {
            // Not cut short: a child that nobody waits for stays a zombie.
            try await Task {
                var words: [UInt8] = []
                _ = try await reader.readToEnd { words = (words + $0).suffix(2000) }
                return (try await child.exit(on: reactor), words)
            }.value
        } onCancel: {
            try? child.send(signal: SIGKILL)
        }
        try Task.checkCancellation()
        guard end == .exited(code: 0) else {
            let told = String(decoding: words, as: UTF8.self).split(separator: "\n").last ?? ""
            throw WireError(
                .sandboxFailed,
                "skopeo could not fetch \(name.reference): \(told)",
                reason: "fetchFailed",
                remedy: "see that the name is right and the registry answers; `skopeo login` keeps credentials"
            )
        }
    }
}
