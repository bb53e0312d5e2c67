import Client
import CommandLineKit
import Glibc
import Wire

/// Has a daemon make images, and shows how far it is.
struct ImageBuilder {
    let connection: Connection
    let showsProgress: Bool

    /// Why a task is refused whose image can be made: built, or fetched.
    static let reasons: Set<String> = ["dockerfileNeedsBuild", "imageNeedsFetch"]

    static func isAsked(by error: WireError) -> Bool { error.data.reason.map(reasons.contains) ?? false }

    func build(_ task: TaskUpload.Result, allowUnenforced: Bool) throws -> ImageBuild.Result {
        let pending = try connection.begin(
            ImageBuild.self,
            .init(digest: task.digest, allowUnenforced: allowUnenforced)
        )
        while true {
            let result = try connection.finishIfAnswered(pending)
            try showProgress("building \(task.name): ")
            if let result { return result }
        }
    }

    func pull(_ image: String) throws -> ImagePull.Result {
        let pending = try connection.begin(ImagePull.self, .init(image: image))
        while true {
            let result = try connection.finishIfAnswered(pending)
            try showProgress("")
            if let result { return result }
        }
    }

    private func showProgress(_ what: String) throws {
        for progress in try connection.received(ImageBuildProgress.self) where showsProgress {
            let count = progress.steps > 0 ? "\(progress.step)/\(progress.steps) " : ""
            Terminal.error.print([(Line(what + count, .dim) + Line(progress.text)).cut()])
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
        guard check.refusals.contains(where: { Self.reasons.contains($0.reason) }) else { return }
        _ = try build(task, allowUnenforced: allowUnenforced)
    }

    /// Calls, and when the answer is that an image must be built first, builds it and calls again.
    func building<Value>(_ task: TaskUpload.Result, allowUnenforced: Bool, _ call: () throws -> Value) throws -> Value {
        do {
            return try call()
        } catch ClientError.refused(let error) where Self.isAsked(by: error) {
            _ = try build(task, allowUnenforced: allowUnenforced)
            return try call()
        }
    }
}
