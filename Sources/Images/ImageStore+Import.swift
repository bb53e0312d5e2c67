import FoundationEssentials
import Glibc
import Reactor
package import Sandbox
package import SandboxPlan
package import Tasks
package import Wire

extension ImageStore {
    /// What came of an import.
    package struct Imported: Sendable {
        package var summary: ImageSummary
        package var skipped = 0
        package var strangers = 0
    }

    /// Takes in a root file system or an image from a tar stream, packed or not; when this returns it is there for trials.
    ///
    /// Reads `descriptor`, which is lent, to its end. `name` is what it is to be called: an archive of an image may say
    /// that itself. `source` says for people where it is from. Cancelling leaves nothing.
    package func take(from descriptor: CInt, name: ImageName?, source: String) async throws -> Imported {
        let interruption = try Interruption()
        return try await withTaskCancellationHandler {
            try await alone { try await take(from: descriptor, name: name, source: source, interruption) }
        } onCancel: {
            interruption.stop()
        }
    }

    private static let limits = TreeLimits.image

    private func take(
        from descriptor: CInt,
        name: ImageName?,
        source: String,
        _ interruption: Interruption
    ) async throws -> Imported {
        let stream = InterruptibleStream(source: descriptor, interruption: interruption)
        let input = try LayerInput(stream, limit: Self.limits.totalBytes)
        let kind = try await onOwnThread {
            try input.open()
            return ArchiveKind(beginning: try input.peek(64 << 10))
        }
        switch kind {
        case nil: throw ImageError.unreadable("it is no tar archive")
        case .rootFileSystem?:
            guard let name else { throw ImageError.nameless }
            return try await takeRootFileSystem(input, name, source, interruption)
        case .images?: return try await takeImage(input, name, source, interruption)
        }
    }

    // MARK: A root file system

    private func takeRootFileSystem(
        _ input: LayerInput,
        _ name: ImageName,
        _ source: String,
        _ interruption: Interruption
    ) async throws -> Imported {
        var digest = ""
        let placement = try await trees.make(
            over: nil,
            of: input,
            as: .rootFileSystem,
            interruption: interruption,
            limits: Self.limits
        ) { placement in
            guard input.hasEndMark else { throw ImageError.unreadable("it ends without an end mark: it was cut") }
            guard placement.entries > 0 else { throw ImageError.unreadable("it has no files") }
            digest = input.digest()
            return String(digest.dropFirst("sha256:".count))
        }
        let record = ImageRecord(
            id: "sha256:" + SHA256.hex(of: Array("root file system \(digest)".utf8)),
            layers: [digest],
            settings: ImageSettings(),
            createdAt: .now(),
            source: source
        )
        let layer = LayerRecord(bytes: placement.bytes, entries: placement.entries)
        return try await finish(
            record,
            [record.chain[0]: layer],
            name,
            skipped: placement.skipped,
            strangers: placement.strangers
        )
    }

    // MARK: An image with layers

    private func takeImage(
        _ input: LayerInput,
        _ name: ImageName?,
        _ source: String,
        _ interruption: Interruption
    ) async throws -> Imported {
        let spool = "\(directory)/\(Self.incoming)\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: spool) }
        let (archive, description) = try await onOwnThread {
            let archive = try SpooledArchive(input, in: spool)
            return (archive, try ImageDescription(in: archive))
        }
        guard let name = name ?? description.names.lazy.compactMap({ ImageName($0) }).first else {
            throw ImageError.nameless
        }
        let record = ImageRecord(
            id: description.id,
            layers: description.layers.map(\.digest),
            settings: description.settings,
            createdAt: .now(),
            source: source
        )
        var layers: [String: LayerRecord] = [:]
        var (skipped, strangers) = (0, 0)
        var below: String?
        for ((member, digest), tree) in zip(description.layers, record.chain) {
            defer { below = tree }
            if let known = layer(tree), trees.exists(tree) {
                layers[tree] = known
                continue
            }
            let placement = try await place(member, of: archive, digest, as: tree, over: below, interruption)
            layers[tree] = LayerRecord(bytes: placement.bytes, entries: placement.entries)
            skipped += placement.skipped
            strangers += placement.strangers
        }
        return try await finish(record, layers, name, skipped: skipped, strangers: strangers)
    }

    private func place(
        _ member: String,
        of archive: SpooledArchive,
        _ digest: String,
        as tree: String,
        over below: String?,
        _ interruption: Interruption
    ) async throws -> ImageTrees.Placement {
        let file = try archive.open(member)
        defer { close(file) }
        let stream = InterruptibleStream(source: file, interruption: interruption)
        let input = try LayerInput(stream, limit: Self.limits.totalBytes)
        try await onOwnThread { try input.open() }
        return try await trees.make(
            over: below,
            of: input,
            as: .imageLayer,
            interruption: interruption,
            limits: Self.limits
        ) { _ in
            let actual = input.digest()
            guard actual == digest else {
                throw ImageError.wrongDigest(what: member, expected: digest, actual: actual)
            }
            return tree
        }
    }

    // MARK: A layer that was made here

    /// Takes in what a sandbox wrote over an image as a layer more, from the archive of its writable layer.
    ///
    /// Without a name it is there as long as somebody holds it, as `user` does with the answer. `limits` count holes of sparse files, too: they are filled here.
    package func take(
        layerFrom descriptor: CInt,
        over base: String,
        settings: ImageSettings,
        name: ImageName?,
        by user: String,
        source: String,
        network: ImageNetwork?,
        limits: TreeLimits
    ) async throws -> HeldImage {
        let interruption = try Interruption()
        return try await withTaskCancellationHandler {
            try await alone {
                let below = try find(base).record
                let stream = InterruptibleStream(source: descriptor, interruption: interruption)
                let input = try LayerInput(stream, limit: limits.totalBytes)
                try await onOwnThread { try input.open() }
                var record = below
                record.settings = settings
                record.source = source
                record.network = network
                record.createdAt = .now()
                let placement = try await trees.make(
                    over: below.chain.last,
                    of: input,
                    as: .overlayLayer,
                    interruption: interruption,
                    limits: limits
                ) { _ in
                    record.layers.append(input.digest())
                    return record.chain[record.chain.count - 1]
                }
                record.id = "sha256:" + SHA256.hex(of: Array("\(record.layers)".utf8) + (try WireJSON.encode(settings)))
                var layers: [String: LayerRecord] = [:]
                for tree in below.chain { layers[tree] = layer(tree) }
                layers[record.chain[record.chain.count - 1]] = LayerRecord(
                    bytes: placement.bytes,
                    entries: placement.entries
                )
                try Task.checkCancellation()
                try add(record, layers: layers, name: name, user: user)
                let held = held(record, by: user, as: name?.description ?? record.id)
                // What had the name before may have lost its last one.
                try await removeUnnamed()
                return held
            }
        } onCancel: {
            interruption.stop()
        }
    }

    private func finish(
        _ record: ImageRecord,
        _ layers: [String: LayerRecord],
        _ name: ImageName,
        skipped: Int,
        strangers: Int
    ) async throws -> Imported {
        try Task.checkCancellation()
        try add(record, layers: layers, name: name)
        // What had the name before may have lost its last one.
        try await removeUnnamed()
        return Imported(
            summary: try find(name.description).summary,
            skipped: skipped,
            strangers: strangers
        )
    }
}
