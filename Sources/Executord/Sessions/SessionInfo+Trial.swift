import Sandbox
import SandboxPlan
import Tasks
import Wire

extension SessionInfo {
    /// What the agent of a trial is told.
    init(_ token: String, _ sandboxes: TrialSandboxes, unenforced: [String], user: UserSelection) {
        let settings = sandboxes.settings
        self.init(
            session: token,
            trial: sandboxes.trial,
            // Who opens the session knows the job.
            job: "",
            step: sandboxes.task.definition.stage.map {
                StepPlace(name: $0.name, number: $0.index + 1, count: $0.count)
            },
            instruction: sandboxes.task.definition.instruction,
            workingDirectory: settings.workingDirectory,
            user: user.text,
            limits: SessionLimits(
                memoryBytes: settings.limits.memoryBytes,
                processes: settings.limits.processes,
                cpus: settings.limits.cpus,
                storageBytes: Int(settings.layerBytes),
                inodes: Int(settings.layerInodes),
                openFiles: sandboxes.services.defaults.openFiles,
                agentSeconds: settings.agentTimeout.map { $0.milliseconds / 1000 },
                outputBytes: ActionOutputs.maximumBytes,
                network: settings.network.kind,
                allowedHosts: settings.network.allowedHosts
            ),
            unenforced: unenforced,
            warnings: sandboxes.configuration.verifierMode == .none ? [] : sandboxes.task.warnings.map(\.message),
            skills: sandboxes.skills.map { SessionSkills(path: $0.path, skills: $0.skills) }
        )
    }
}

extension UserSelection {
    /// The name, or the number.
    var text: String {
        switch self {
        case .ids(uid: 0, _): "root"
        case .ids(let uid, _): "\(uid)"
        case .name(let name): name
        }
    }
}
