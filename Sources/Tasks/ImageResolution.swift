/// The root file system that a trial runs on.
package enum ImageReference: Sendable, Hashable, CustomStringConvertible {
    /// The host's own programs, composed by the sandbox.
    case host
    /// A root file system that lies in a directory.
    case directory(path: String)
    /// An image of the local store.
    case stored(name: String)

    package var description: String {
        switch self {
        case .host: "host"
        case .directory(let path): "dir:\(path)"
        case .stored(let name): name
        }
    }

    /// `host`, or `dir:` and an absolute path; nil for names of images.
    init?(explicit text: String) {
        if text == "host" {
            self = .host
        } else if text.hasPrefix("dir:/"), !text.utf8.contains(0) {
            self = .directory(path: String(text.dropFirst(4)))
        } else {
            return nil
        }
    }
}

/// One line of the configuration: image names that fit the glob mean another image.
package struct ImageAlias: Sendable, Hashable {
    /// A shell pattern; `*` crosses slashes.
    package let pattern: String
    /// `host`, `dir:PATH`, or a name in the local store.
    package let image: String

    package init(pattern: String, image: String) {
        self.pattern = pattern
        self.image = image
    }

    /// The aliases that are shipped: on a Debian 12 host its own `/usr` stands in for Debian 12 images.
    ///
    /// `osRelease` is the content of `/etc/os-release`; see os-release(5).
    package static func shipped(osRelease: String) -> [ImageAlias] {
        let lines = osRelease.split { $0.isNewline }
        func value(_ key: String) -> String? {
            lines.first { $0.hasPrefix(key + "=") }.map { $0.dropFirst(key.count + 1).filter { $0 != "\"" } }
        }
        guard value("ID") == "debian", value("VERSION_ID") == "12" else { return [] }
        return ["debian:bookworm*", "debian:12*", "python:3.11*-bookworm*"].map {
            ImageAlias(pattern: $0, image: "host")
        }
    }
}

/// Finds the image of a task: the person's choice, then an alias, then the local store.
package struct ImageResolution: Sendable {
    private let aliases: [ImageAlias]
    private let stored: Set<ImageName>
    private let registries: [String]

    /// `registries` are those that images may be fetched from.
    package init(aliases: [ImageAlias], storedNames: Set<String>, registries: [String] = []) {
        self.aliases = aliases
        self.registries = registries
        stored = Set(storedNames.compactMap { ImageName($0) })
    }

    /// The image for a task; `override` is `--image`: `host`, `dir:PATH`, or a name.
    package func image(for task: TaskDefinition, override: String?) -> Result<ImageReference, TaskRefusal> {
        if let override {
            if let explicit = ImageReference(explicit: override) { return .success(explicit) }
            return find(override)
        }
        // A task may not reach for the host's directories: `dir:` and `host` are for people and aliases.
        let named = task.environment.dockerImage.map { find($0) }
        if case .success(let image)? = named { return .success(image) }
        let built = task.contents.builtImage
        if let built, let image = storedImage(built.description) { return .success(image) }
        // As Harbor does: what is there already rather than what must be built.
        if let name = task.environment.dockerImage.flatMap({ fetchable($0) }) {
            return .failure(.imageNeedsFetch(name: name.reference))
        }
        return built == nil ? named ?? .failure(.imageNotNamed) : .failure(.dockerfileNeedsBuild)
    }

    /// A name that a listed registry has an image for, perhaps; nil for others.
    package func fetchable(_ text: String) -> ImageName? {
        guard let name = ImageName(text), registries.contains(name.registry) else { return nil }
        return name
    }

    /// The image of the store that a name means in a FROM, as an alias or by itself; nil when that is none.
    package func base(named name: String) -> ImageReference? {
        let short = Self.withoutRegistry(name)
        let names = aliases.filter { GlobPattern($0.pattern).matches(short) }.map(\.image) + [name]
        return names.lazy.compactMap { ImageReference(explicit: $0) == nil ? storedImage($0) : nil }.first
    }

    /// The image for the verifier of a task (or stage) that runs apart; `override` stands for that, too.
    package func verifierImage(for task: TaskDefinition, override: String?) -> Result<ImageReference, TaskRefusal> {
        if override != nil { return image(for: task, override: override) }
        return switch task.verifierImage {
        case .ofTask: image(for: task, override: nil)
        case .named(let name): find(name)
        case .built: .failure(.verifierNeedsBuild)
        }
    }

    private func find(_ name: String) -> Result<ImageReference, TaskRefusal> {
        let short = Self.withoutRegistry(name)
        for alias in aliases where GlobPattern(alias.pattern).matches(short) {
            if let explicit = ImageReference(explicit: alias.image) { return .success(explicit) }
            if let image = storedImage(alias.image) { return .success(image) }
        }
        if let image = storedImage(name) { return .success(image) }
        return .failure(.imageUnknown(name: name, aliases: aliases.map(\.pattern)))
    }

    private func storedImage(_ text: String) -> ImageReference? {
        guard let name = ImageName(text), stored.contains(name) else { return nil }
        return .stored(name: name.description)
    }

    /// `debian:12` for `docker.io/library/debian:12`: Docker treats them as one.
    static func withoutRegistry(_ name: String) -> String {
        for prefix in ["docker.io/library/", "index.docker.io/library/", "docker.io/", "library/"]
        where name.hasPrefix(prefix) {
            return String(name.dropFirst(prefix.count))
        }
        return name
    }
}
