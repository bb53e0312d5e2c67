import Glibc
import Images
import Linux
import Reactor
import Sandbox
import Tasks
import Wire

/// `image.*`: what is in the store; taking in and removing is for those who administer.
struct ImageRoutes: Sendable {
    let services: TrialServices
    /// For what is on its way.
    let scratch: String

    private var store: ImageStore { services.images.store }

    var routes: [Route] {
        [
            Route(ImageList.self) { _, _ in ImageList.Result(images: store.list()) },
            Route(ImageShow.self) { params, _ in try show(params) },
            Route(ImageImport.self, descriptors: 1...1) { params, caller, passed in
                try Self.check(caller)
                return Answer(try await take(params, passed))
            },
            Route(ImagePull.self) { params, caller in
                try Self.check(caller)
                let connection = caller.connection
                let imported = try await services.images.registries.fetch(params.image) {
                    _ = await connection.notify(ImageBuildProgress.self, $0)
                }
                return Self.result(imported)
            },
            Route(Wire.ImageBuild.self) { params, caller in
                try Self.check(caller)
                let connection = caller.connection
                let build = ImageBuild(
                    services: services,
                    task: try services.tasks.load(params.digest),
                    scratch: scratch,
                    allowUnenforced: params.allowUnenforced
                ) { _ = await connection.notify(ImageBuildProgress.self, $0) }
                return try await build.run()
            },
            Route(ImageRemove.self) { params, caller in
                try Self.check(caller)
                let removed = try await services.prepared.without { try await store.remove(params.image) }
                return ImageRemove.Result(names: removed.names, bytes: removed.bytes)
            },
        ]
    }

    private static func check(_ caller: Caller) throws(WireError) {
        guard caller.isAdministrator else {
            throw WireError(
                .forbidden,
                "only root, the daemon's own user and administrators may change images",
                remedy: "ask one of them, or use a daemon of your own"
            )
        }
    }

    private func show(_ params: ImageShow.Params) throws -> ImageShow.Result {
        let (record, summary) = try store.find(params.image)
        return ImageShow.Result(
            image: summary,
            layers: record.layers,
            environment: record.settings.environment,
            workingDirectory: record.settings.workingDirectory,
            user: record.settings.user,
            network: record.network
        )
    }

    private func take(_ params: ImageImport.Params, _ passed: [SharedDescriptor]) async throws -> ImageImport.Result {
        var status = stat()
        guard let source = passed.first?.take(), fstat(source.raw, &status) == 0,
            [S_IFREG, S_IFIFO].contains(status.st_mode & S_IFMT)
        else {
            throw WireError(.invalidParams, "image.import: pass a file or the read end of a pipe with the frame")
        }
        var name: ImageName?
        if let text = params.name {
            guard let good = ImageName(text) else {
                throw WireError(
                    .invalidParams,
                    "'\(text)' is no name for an image",
                    remedy: "lower-case letters, digits and . _ - with a tag after ':', such as debian:bookworm"
                )
            }
            name = good
        }
        let imported = try await store.take(from: source.raw, name: name, source: params.source)
        withExtendedLifetime(source) {}
        return Self.result(imported)
    }

    private static func result(_ imported: ImageStore.Imported) -> ImageImport.Result {
        ImageImport.Result(image: imported.summary, skipped: imported.skipped, strangers: imported.strangers)
    }
}
