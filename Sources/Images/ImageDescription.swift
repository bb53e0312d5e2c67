import Glibc
import Sandbox
import Wire

/// An image of an archive: its configuration, and where its layers lie.
struct ImageDescription {
    /// `sha256:` and the digits of the configuration's digest.
    let id: String
    /// What the archive calls it, with a tag.
    let names: [String]
    let settings: ImageSettings
    /// The lowest first: the member that holds it, and the digest of its tar stream.
    let layers: [(member: String, digest: String)]

    /// The one image of an archive; of an OCI layout with several platforms the host's.
    init(in archive: SpooledArchive) throws {
        if archive.has("manifest.json") {
            try self.init(dockerIn: archive)
        } else if archive.has("index.json") {
            try self.init(layoutIn: archive)
        } else {
            throw ImageError.unreadable("it has neither index.json nor manifest.json")
        }
    }

    /// What `docker save` writes; see the Docker image specification 1.2, "Combined Image JSON + Filesystem Changeset Format".
    private init(dockerIn archive: SpooledArchive) throws {
        let images = try archive.decode([DockerManifest].self, "manifest.json").value
        guard let image = images.first, images.count == 1 else {
            throw ImageError.several(images.flatMap { $0.repoTags ?? ["an image without a name"] })
        }
        try self.init(archive, configuration: image.config, layers: image.layers, names: image.repoTags ?? [])
    }

    private init(layoutIn archive: SpooledArchive) throws {
        let entry = try Self.manifest(in: "index.json", archive, depth: 0)
        let manifest = try archive.decode(OCIManifest.self, try Self.member(entry.digest)).value
        try self.init(
            archive,
            configuration: try Self.member(manifest.config.digest),
            layers: try manifest.layers.map { try Self.member($0.digest) },
            names: [
                entry.annotations?["io.containerd.image.name"], entry.annotations?["org.opencontainers.image.ref.name"],
            ].compactMap(\.self)
        )
    }

    private init(
        _ archive: SpooledArchive,
        configuration path: String,
        layers members: [String],
        names: [String]
    ) throws {
        let (configuration, bytes) = try archive.decode(OCIConfiguration.self, path)
        id = "sha256:" + SHA256.hex(of: bytes)
        let host = Self.hostArchitecture
        guard configuration.os == "linux", configuration.architecture == host else {
            throw ImageError.foreign("\(configuration.os)/\(configuration.architecture)")
        }
        let digests = configuration.rootfs.diffIDs
        guard digests.count == members.count, !members.isEmpty, digests.count <= 127 else {
            throw ImageError.unreadable("\(path) names \(digests.count) layers, and there are \(members.count)")
        }
        guard digests.allSatisfy({ Self.hexadecimal($0) != nil }) else {
            throw ImageError.unreadable("\(path): a layer's digest is not of SHA-256")
        }
        layers = Array(zip(members, digests)).map { (member: $0.0, digest: $0.1) }
        self.names = names
        settings = configuration.config?.settings ?? ImageSettings()
    }

    /// The manifest of the only image, or of the only one for this host.
    private static func manifest(in path: String, _ archive: SpooledArchive, depth: Int) throws -> OCIDescriptor {
        let entries = try archive.decode(OCIIndex.self, path).value.manifests.filter(\.isOfImage)
        let fitting = entries.count == 1 ? entries : entries.filter { $0.platform?.isOfHost == true }
        guard let entry = fitting.first else {
            let platforms = entries.compactMap(\.platform).map { "\($0.os)/\($0.architecture)" }
            guard !entries.isEmpty, platforms.count == entries.count else {
                throw ImageError.several(
                    entries.map { $0.annotations?["org.opencontainers.image.ref.name"] ?? $0.digest }
                )
            }
            throw ImageError.foreign(platforms.joined(separator: ", "))
        }
        guard fitting.count == 1 else {
            throw ImageError.several(fitting.map { $0.annotations?["org.opencontainers.image.ref.name"] ?? $0.digest })
        }
        guard entry.mediaType?.contains("index") == true || entry.mediaType?.contains("manifest.list") == true else {
            return entry
        }
        guard depth < 3 else { throw ImageError.unreadable("\(path): lists within lists") }
        var inner = try manifest(in: try member(entry.digest), archive, depth: depth + 1)
        inner.annotations = (entry.annotations ?? [:]).merging(inner.annotations ?? [:]) { outer, _ in outer }
        return inner
    }

    private static func member(_ digest: String) throws(ImageError) -> String {
        guard let digits = hexadecimal(digest) else { throw .unreadable("the digest '\(digest)' is not of SHA-256") }
        return SpooledArchive.blobPrefix + digits
    }

    private static func hexadecimal(_ digest: String) -> String? {
        guard digest.hasPrefix("sha256:") else { return nil }
        let digits = digest.dropFirst("sha256:".count)
        return digits.utf8.count == 64 && digits.utf8.allSatisfy { isDigit($0) } ? String(digits) : nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte
    }

    /// As images name it.
    static let hostArchitecture: String = {
        #if arch(x86_64)
            "amd64"
        #elseif arch(arm64)
            "arm64"
        #else
            "unknown"
        #endif
    }()
}

/// An entry of `manifest.json` of a `docker save` archive.
private struct DockerManifest: Decodable {
    let config: String
    let repoTags: [String]?
    let layers: [String]

    private enum CodingKeys: String, CodingKey {
        case config = "Config"
        case repoTags = "RepoTags"
        case layers = "Layers"
    }
}

/// See the OCI image specification: descriptor.md, image-index.md.
private struct OCIDescriptor: Decodable {
    struct Platform: Decodable {
        let architecture: String
        let os: String

        var isOfHost: Bool { os == "linux" && architecture == ImageDescription.hostArchitecture }
    }
    let mediaType: String?
    let digest: String
    let platform: Platform?
    var annotations: [String: String]?

    /// Builders put attestations beside images, as manifests for a platform that is none.
    var isOfImage: Bool {
        annotations?["vnd.docker.reference.type"] == nil && platform?.os != "unknown"
    }
}

private struct OCIIndex: Decodable {
    let manifests: [OCIDescriptor]
}

private struct OCIManifest: Decodable {
    let config: OCIDescriptor
    let layers: [OCIDescriptor]
}

/// See the OCI image specification, config.md.
private struct OCIConfiguration: Decodable {
    struct Execution: Decodable {
        let environment: [String]?
        let workingDirectory: String?
        let user: String?

        private enum CodingKeys: String, CodingKey {
            case environment = "Env"
            case workingDirectory = "WorkingDir"
            case user = "User"
        }

        var settings: ImageSettings {
            var variables: [String: String] = [:]
            for line in environment ?? [] {
                guard let sign = line.firstIndex(of: "="), sign != line.startIndex else { continue }
                variables[String(line[..<sign])] = String(line[sign...].dropFirst())
            }
            return ImageSettings(
                environment: variables,
                workingDirectory: workingDirectory.flatMap { $0.hasPrefix("/") && !$0.contains("\0") ? $0 : nil },
                user: user.flatMap { $0.isEmpty ? nil : $0 }
            )
        }
    }
    struct RootFileSystem: Decodable {
        let diffIDs: [String]

        private enum CodingKeys: String, CodingKey {
            case diffIDs = "diff_ids"
        }
    }
    let architecture: String
    let os: String
    let config: Execution?
    let rootfs: RootFileSystem
}
