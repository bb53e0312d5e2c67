import Images
import Sandbox
import SandboxPlan
import Skills
import Tasks
import Trajectory
import Wire

/// What every trial needs of the daemon.
struct TrialServices: Sendable {
    let store: Store
    let host: SandboxHost
    let cgroups: CgroupTree
    let profiles: Profiles
    let tasks: TaskLibrary
    let images: ImageLibrary
    let defaults: LimitDefaults
    /// What running trials may take together.
    let capacity: HostShare
    /// What networks tasks can get.
    let network: NetworkOffer
    /// Of verifiers without a network, by the name of an image.
    let verifierTools: String?
    let builds: BuildSettings
    let library: SkillLibrary
    let shelf: SkillShelf
    let skillOpenings: SkillOpenings
    /// Programs that the administrator has named.
    let distillers: [DistillerProgram]
    /// What reads a job's trials when it has ended; nil is nobody.
    let distillerAfterJob: String?
    /// Where agents find their skills.
    let skillsPath: String
    let administrators: Administrators
    let prepared: PreparedSandboxes
    let sessions = SessionRegistry()
    let repetitions = RepetitionMemory()
    let versionsAtGate = VersionsAtGate()
    /// Of jobs, by their rows' numbers.
    let jobFeed = TrialFeed()
    let feed = TrialFeed()

    /// What became of skills in trials.
    var meter: SkillMeter { SkillMeter(store: store, shelf: shelf, library: library) }

    /// The root file system of a task's trials, kept for one of them.
    func holdImage(of task: LoadedTask, _ configuration: TrialConfiguration, by trial: String) throws -> HeldImage {
        try images.hold(try images.reference(override: configuration.image, task: task.definition).get(), by: trial)
    }

    /// The same of a verifier that runs apart.
    func holdVerifierImage(
        of task: LoadedTask,
        _ configuration: TrialConfiguration,
        by trial: String
    ) throws -> HeldImage {
        let reference = images.verifierReference(override: configuration.image, task: task.definition)
        return try images.hold(try reference.get(), by: trial)
    }

    /// What an earlier trial ran on, kept for its verification.
    func holdImage(pinned id: String, by trial: String) throws(WireError) -> HeldImage {
        guard let held = images.hold(id, by: trial) else {
            throw WireError(
                .conflict,
                "the image that trial \(trial) ran on is gone: \(id)",
                reason: "imageGone",
                remedy: "a verdict is repeated on the same image only; run the task again"
            )
        }
        return held
    }
}
