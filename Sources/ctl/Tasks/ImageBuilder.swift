import Client
import CommandLineKit
import Glibc
import Wire

/// Has a daemon build the image of a task, and shows how far it is.
struct ImageBuilder {
    let connection: Connection
    let showsProgress: Bool

    /// Why a task is refused whose image can be built.
    static let reason = "dockerfileNeedsBuild"

    func build(_ task: TaskUpload.Result, allowUnenforced: Bool) throws -> ImageBuild.Result {
        let pending = try connection.begin(
            ImageBuild.self,
            .init(digest: task.digest, allowUnenforced: allowUnenforced)
        )
        while true {
            let result = try connection.finishIfAnswered(pending)
            for progress in try connection.received(ImageBuildProgress.self) where showsProgress {
                let count = Line("building \(task.name): \(progress.step)/\(progress.steps) ", .dim)
                Terminal.error.print([(count + Line(progress.text)).cut()])
            }
            if let result { return result }
        }
    }

    /// Builds the image of a task if that is what it is refused for, whatever else it is.
    func buildIfMissing(_ task: TaskUpload.Result, path: String, image: String?, allowUnenforced: Bool) throws {
        let check = try connection.call(
            TaskCheck.self,
            .init(
                digest: task.digest,
                path: path,
                image: image,
                gate: false,
                allowUnenforced: allowUnenforced,
                templates: [:]
            )
        )
        guard check.refusals.contains(where: { $0.reason == Self.reason }) else { return }
        _ = try build(task, allowUnenforced: allowUnenforced)
    }

    /// Calls, and when the answer is that an image must be built first, builds it and calls again.
    func building<Value>(_ task: TaskUpload.Result, allowUnenforced: Bool, _ call: () throws -> Value) throws -> Value {
        do {
            return try call()
        } catch ClientError.refused(let error) where error.data.reason == Self.reason {
            _ = try build(task, allowUnenforced: allowUnenforced)
            return try call()
        }
    }
}
