import FoundationEssentials
import Sandbox
import Tasks

/// Finds the root file system that a task names.
struct ImageLibrary: Sendable {
    let host: Image
    let aliases: [ImageAlias]
    /// Directory of the local store: each subdirectory is an image by that name.
    let store: String

    /// Names in the local store.
    var stored: Set<String> {
        Set((try? FileManager.default.contentsOfDirectory(atPath: store)) ?? [])
    }

    /// The image of a task, or why there is none.
    func reference(override: String?, task: TaskDefinition) -> Result<ImageReference, TaskRefusal> {
        ImageResolution(aliases: aliases, storedNames: stored).image(for: task, override: override)
    }

    /// The image of a verifier that runs apart, or why there is none.
    func verifierReference(override: String?, task: TaskDefinition) -> Result<ImageReference, TaskRefusal> {
        ImageResolution(aliases: aliases, storedNames: stored).verifierImage(for: task, override: override)
    }

    /// An image by the name that people give; nil when there is no such image here.
    func named(_ name: String) -> Image? {
        if name == "host" { return host }
        if name.hasPrefix("dir:/") { return .directory(String(name.dropFirst(4))) }
        return stored.contains(name) ? image(.stored(name: name)) : nil
    }

    func image(_ reference: ImageReference) -> Image {
        switch reference {
        case .host: host
        case .directory(let path): .directory(path)
        case .stored(let name): Image(name: name, root: "\(store)/\(name)", trees: [:])
        }
    }
}
