import Images
import Sandbox
import Tasks
import Wire

/// Finds the root file system that a task names.
struct ImageLibrary: Sendable {
    let host: Image
    let aliases: [ImageAlias]
    let store: ImageStore
    /// Where images may be fetched from.
    let registries: RegistryFetch

    /// The image of a task, or why there is none.
    func reference(override: String?, task: TaskDefinition) -> Result<ImageReference, TaskRefusal> {
        resolution.image(for: task, override: override)
    }

    /// The image of a verifier that runs apart, or why there is none.
    func verifierReference(override: String?, task: TaskDefinition) -> Result<ImageReference, TaskRefusal> {
        resolution.verifierImage(for: task, override: override)
    }

    var resolution: ImageResolution {
        ImageResolution(aliases: aliases, storedNames: store.names, registries: registries.allowed)
    }

    /// An image by the name that people give, kept for `user` as long as the answer is; nil when there is none here.
    func hold(_ name: String, by user: String) -> HeldImage? {
        if name == "host" { return HeldImage(host) }
        if name.hasPrefix("dir:/") { return HeldImage(.directory(String(name.dropFirst(4)))) }
        return store.hold(name, by: user)
    }

    /// The image that FROM of a Dockerfile names.
    func holdBase(_ name: String, by user: String) throws -> HeldImage {
        guard let reference = resolution.base(named: name) else {
            throw WireError(
                .taskRefused,
                "environment/Dockerfile names '\(name)', and the store has no image of that name, nor an alias for one",
                reason: "baseNotStored",
                remedy:
                    "take one in by `executorctl image import`, name one in [images] of the configuration, or a registry "
                    + "in [registries]"
            )
        }
        return try hold(reference, by: user)
    }

    /// - Throws: when it was removed since it was found.
    func hold(_ reference: ImageReference, by user: String) throws(TaskRefusal) -> HeldImage {
        switch reference {
        case .host: return HeldImage(host)
        case .directory(let path): return HeldImage(.directory(path))
        case .stored(let name):
            guard let image = store.hold(name, by: user) else { throw .imageUnknown(name: name, aliases: []) }
            return image
        }
    }
}
