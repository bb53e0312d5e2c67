import FoundationEssentials
import Sandbox
import Tasks

/// Finds the root file system that a task names.
struct ImageLibrary: Sendable {
    let host: Image
    let aliases: ImageAliases
    /// Directory of the local store: each subdirectory is an image by that name.
    let store: String

    /// Names in the local store.
    var stored: Set<String> {
        Set((try? FileManager.default.contentsOfDirectory(atPath: store)) ?? [])
    }

    /// nil when there is no such image here.
    func reference(override: String?, task: TaskDefinition) -> ImageReference? {
        ImageResolution.resolve(
            override: override,
            dockerImage: task.environment.dockerImage,
            aliases: aliases,
            stored: stored
        )
    }

    func image(_ reference: ImageReference) -> Image {
        switch reference {
        case .host: host
        case .directory(let path): .directory(path)
        case .stored(let name): Image(name: name, root: "\(store)/\(name)", trees: [:])
        }
    }
}
