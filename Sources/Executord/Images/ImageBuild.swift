import FoundationEssentials
import Images
import Sandbox
import Tasks
import Wire

/// Makes the image of a task: fetched where a listed registry has it, else built from its `environment/Dockerfile`, in sandboxes like any agent's: its lines are as little to
/// be trusted.
///
/// One stage after the other; each is an image of the store, of which the last one gets the name.
struct ImageBuild: Sendable {
    let services: TrialServices
    let task: LoadedTask
    /// A directory for what is on its way, and is removed.
    let scratch: String
    let allowUnenforced: Bool
    /// Told of each step as it begins.
    let report: @Sendable (ImageBuildProgress.Params) async -> Void

    func run() async throws -> Wire.ImageBuild.Result {
        if case .failure(.imageNeedsFetch(let name)) = services.images.reference(override: nil, task: task.definition) {
            let fetched = try await services.images.registries.fetch(name, report: report)
            return Wire.ImageBuild.Result(image: fetched.summary, network: nil)
        }
        guard let name = task.definition.contents.builtImage else {
            throw WireError(
                .taskRefused,
                "\(task.definition.name) has no environment/Dockerfile",
                reason: "noDockerfile"
            )
        }
        let directory = services.tasks.place(of: task.digest.text) + "/task/environment"
        guard let data = FileManager.default.contents(atPath: directory + "/Dockerfile"), data.count <= 1 << 20 else {
            throw WireError(.taskRefused, "environment/Dockerfile cannot be read", reason: "noDockerfile")
        }
        let text = String(decoding: data, as: UTF8.self)
        let outcome: Result<Wire.ImageBuild.Result, any Error>
        do {
            outcome = .success(try await build(text, directory, name))
        } catch {
            outcome = .failure(error)
        }
        // Earlier stages have no name, and nobody holds them now.
        try await services.images.store.sweep()
        return try outcome.get()
    }

    private func build(_ text: String, _ directory: String, _ name: ImageName) async throws -> Wire.ImageBuild.Result {
        let user = "the build of \(task.definition.name)"
        var origins: [Dockerfile.Origin: HeldImage] = [:]
        for name in try Dockerfile.images(of: text) {
            let resolution = services.images.resolution
            if resolution.base(named: name) == nil, let fetchable = resolution.fetchable(name) {
                _ = try await services.images.registries.fetch(fetchable.reference, report: report)
            }
            origins[.image(name)] = try services.images.holdBase(name, by: user)
        }
        let bases = origins
        let dockerfile = try Dockerfile(text) { name in
            ["PATH": ImageSettings.path].merging(bases[.image(name)]?.image.settings.environment ?? [:]) { $1 }
        }
        let surroundings = try BuildSurroundings(dockerfile.runs ? services.builds : BuildSettings(), services.network)
        let progress = BuildProgress(steps: dockerfile.stages.reduce(0) { $0 + $1.instructions.count }, report: report)
        let context = try BuildContext(directory)
        let deadline = task.definition.environment.startTimeout.map { ContinuousClock.now + $0 }
        for stage in dockerfile.stages {
            guard let base = origins[stage.base] else {
                throw WireError(.internalError, "the base of stage \(stage.index) is not there")
            }
            let isLast = stage == dockerfile.stages.last
            let built = BuildStage(
                services: services,
                base: base,
                origins: origins,
                context: context,
                surroundings: surroundings,
                scratch: scratch,
                allowUnenforced: allowUnenforced,
                deadline: deadline,
                progress: progress
            )
            origins[.stage(stage.index)] = try await built.run(
                stage.instructions,
                keptAs: isLast ? name : nil,
                by: user,
                source: "environment/Dockerfile of \(task.definition.name)"
            )
        }
        let image = try services.images.store.find(name.description).summary
        return Wire.ImageBuild.Result(image: image, network: surroundings.record)
    }
}

/// Counts the steps of all stages.
actor BuildProgress {
    private let steps: Int
    private let report: @Sendable (ImageBuildProgress.Params) async -> Void
    private var step = 0

    init(steps: Int, report: @escaping @Sendable (ImageBuildProgress.Params) async -> Void) {
        self.steps = steps
        self.report = report
    }

    func begin(_ text: String) async {
        step += 1
        await report(.init(step: step, steps: steps, text: text))
    }
}
