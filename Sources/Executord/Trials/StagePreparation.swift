import Linux
import Sandbox
import SandboxPlan
import Tasks
import Trajectory
import Wire

/// What happens in the sandbox of a step before the agent is let in.
struct StagePreparation: Sendable {
    let stage: TaskStage
    let session: TrialSession

    private static let root = ActingUser(.ids(uid: 0, gid: 0), capabilities: ConfinementProfile.rootCapabilities)

    /// Empties the places of the agent's logs and artifacts, which have been kept, lays the step's files, runs its set-up and
    /// its healthcheck.
    func run(workingFiles: String?) async throws {
        if stage.index > 0 {
            for place in ["/logs/agent", "/logs/artifacts"] as [SandboxPath] {
                try await session.sandbox.remove(place, isRecursive: true, as: Self.root)
                try await session.sandbox.makeDirectory(place, mode: 0o777, as: Self.root)
            }
        }
        let directory = session.settings.workingDirectory
        if let workingFiles {
            let archive = try archiveInMemory(of: workingFiles)
            try await session.sandbox.upload(tarFrom: archive.raw, to: SandboxPath(directory), as: Self.root)
            withExtendedLifetime(archive) {}
        }
        if stage.hasSetup { try await setUp((directory == "/" ? "" : directory) + "/setup.sh") }
        try await Healthcheck.await(stage.healthcheck, session)
    }

    /// As the agent's user, like Harbor.
    private func setUp(_ script: String) async throws {
        let record = try await session.perform(ActionRequest(argv: ["bash", script]), phase: .starting)
        guard record.exit == .exited(code: 0) else {
            throw WireError(
                .sandboxFailed,
                "steps/\(stage.name)/workdir/setup.sh failed, see action \(record.number): \(record.exit.words)",
                reason: "StepSetupError",
                remedy: "it must end with status 0"
            )
        }
    }
}

/// The `[[verifier.collect]]` commands: they run in the agent's sandbox when the agent is through, beside what it left
/// alive, and put what the verifier needs into artifacts.
struct CollectCommands: Sendable {
    let commands: [VerifierPhase.CollectHook]
    let session: TrialSession

    /// Runs all of them; as in Harbor, one that fails is noted and stops nothing.
    func run() async throws {
        for hook in commands {
            let request = ActionRequest(
                argv: ActionRequest.shellArgv(hook.command),
                shell: hook.command,
                user: hook.user?.text ?? "0",
                timeoutSeconds: hook.timeout.milliseconds / 1000
            )
            let exit = try await session.perform(request, phase: .freezing).exit
            try Task.checkCancellation()
            guard exit != .exited(code: 0) else { continue }
            try await session.recorder.note("the collect command '\(hook.command)' ended with \(exit.words)")
        }
    }
}
