import Sandbox
import SandboxPlan
import Tasks
import Trajectory
import Wire

/// Carries out the instructions of a Dockerfile in a sandbox on its base.
struct BuildSteps: Sendable {
    let services: TrialServices
    let sandbox: RunningSandbox
    let surroundings: BuildSurroundings
    let copying: BuildCopying
    let deadline: ContinuousClock.Instant?
    let progress: BuildProgress

    static let root = ActingUser(.ids(uid: 0, gid: 0), capabilities: ConfinementProfile.rootCapabilities)

    /// - Returns: what the base says to programs, with what the instructions changed of it.
    func carryOut(_ instructions: [Dockerfile.Instruction], over base: ImageSettings) async throws -> ImageSettings {
        var settings = base
        for instruction in instructions {
            await progress.begin(instruction.text)
            let place = "environment/Dockerfile:\(instruction.line): \(instruction.text.prefix(200))"
            do {
                try await carryOut(instruction.step, &settings, place)
            } catch let error as ArchiveError {
                throw WireError(buildFailure: "\(place): \(error)")
            } catch let error as SandboxError {
                if case .cancelled = error { throw error }
                throw WireError(buildFailure: "\(place): \(error)")
            }
        }
        return settings
    }

    private func carryOut(
        _ step: Dockerfile.Step,
        _ settings: inout ImageSettings,
        _ place: String
    ) async throws {
        switch step {
        case .run(let argv): try await run(argv, settings, place)
        case .environment(let pairs): settings.environment.merge(pairs) { $1 }
        case .user(let user): settings.user = user
        case .workingDirectory(let path):
            let directory = settings.absolute(path)
            settings.workingDirectory = directory
            try await sandbox.makeDirectory(SandboxPath(directory), mode: 0o755, makesParents: true, as: Self.root)
        case .copy(let copy): try await copying.carry(copy, to: settings.absolute(copy.destination))
        }
    }

    private func run(_ argv: [String], _ settings: ImageSettings, _ place: String) async throws {
        let user = settings.selection
        let environment = [
            "PATH": ImageSettings.path, "HOME": "/root",
        ].merging(surroundings.environment) { $1 }
        let result = try await sandbox.run(
            SandboxAction(
                argv: argv,
                environment: environment.merging(settings.environment) { $1 },
                workingDirectory: settings.workingDirectory ?? "/",
                user: user,
                profile: services.profiles.forTask(user: user),
                timeout: deadline.map { max(.milliseconds(1), $0 - .now) },
                resourceLimits: services.defaults.resourceLimits,
                output: .captured(head: 4 << 10, tail: 32 << 10, merged: true)
            )
        )
        guard result.end != .exited(code: 0) else { return }
        let output = String(decoding: result.stdout.head + result.stdout.tail, as: UTF8.self)
        let last = output.split(separator: "\n").suffix(8).joined(separator: "\n    ")
        let words = last.isEmpty ? "" : "; its last words:\n    \(last)"
        throw FailedRun(what: "\(place)\n  \(ActionExit(result.end).words)\(words)")
    }
}

/// A RUN line that failed; what it was refused over the network is known when its sandbox has ended.
struct FailedRun: Error {
    let what: String
}

extension WireError {
    /// An instruction that failed, with its place.
    init(buildFailure what: String, remedy: String = "nothing was kept") {
        self.init(.sandboxFailed, what, reason: "ImageBuildError", remedy: remedy)
    }
}

extension ImageSettings {
    /// Relative names start from the working directory.
    func absolute(_ path: String) -> String {
        let whole = path.hasPrefix("/") ? path : (workingDirectory ?? "/") + "/" + path
        var names: [Substring] = []
        for name in whole.split(separator: "/") where name != "." {
            if name == ".." { _ = names.popLast() } else { names.append(name) }
        }
        return "/" + names.joined(separator: "/")
    }
}
