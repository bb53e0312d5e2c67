import FoundationEssentials
import Glibc
import Linux
import Reactor
import Sandbox
import SandboxPlan
import Tasks
import Trajectory
import Wire

/// Carries out the instructions of a Dockerfile in a sandbox on its base.
struct BuildSteps: Sendable {
    let services: TrialServices
    let sandbox: RunningSandbox
    let context: BuildContext
    let surroundings: BuildSurroundings
    /// A directory for what is on its way, and is removed.
    let scratch: String
    let deadline: ContinuousClock.Instant?
    /// Told of each step as it begins.
    let report: @Sendable (ImageBuildProgress.Params) async -> Void

    static let root = ActingUser(.ids(uid: 0, gid: 0), capabilities: ConfinementProfile.rootCapabilities)

    /// - Returns: what the base says to programs, with what the instructions changed of it.
    func carryOut(_ instructions: [Dockerfile.Instruction], over base: ImageSettings) async throws -> ImageSettings {
        var settings = base
        for (index, instruction) in instructions.enumerated() {
            await report(.init(step: index + 1, steps: instructions.count, text: instruction.text))
            let place = "environment/Dockerfile:\(instruction.line): \(instruction.text.prefix(200))"
            do {
                try await carryOut(instruction.step, &settings, place)
            } catch let error as ArchiveError {
                throw failure("\(place): \(error)")
            } catch let error as SandboxError {
                if case .cancelled = error { throw error }
                throw failure("\(place): \(error)")
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
            let directory = Self.absolute(path, in: settings)
            settings.workingDirectory = directory
            try await sandbox.makeDirectory(SandboxPath(directory), mode: 0o755, makesParents: true, as: Self.root)
        case .copy(let copy): try await carry(copy, settings)
        }
    }

    private func run(_ argv: [String], _ settings: ImageSettings, _ place: String) async throws {
        let user = settings.selection
        let environment = [
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root",
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
        throw failure("\(place)\n  \(ActionExit(result.end).words)\(words)", remedy: surroundings.hint)
    }

    private func carry(_ copy: Dockerfile.Copy, _ settings: ImageSettings) async throws {
        let path = Self.absolute(copy.destination, in: settings)
        let owner = (copy.owner ?? "0:0").split(separator: ":").map { $0 == "root" ? 0 : UInt32($0) }
        guard let uid = owner.first ?? nil, let gid = owner.last ?? nil else {
            throw failure("COPY --chown=\(copy.owner ?? "") needs numbers, such as 1000:1000")
        }
        let found = try? await sandbox.status(SandboxPath(path), as: Self.root)
        let target = BuildContext.Target(
            path: path,
            isDirectory: copy.destination.hasSuffix("/") || copy.destination.hasSuffix("/.") || copy.destination == "."
                || found?.kind == .directory,
            uid: uid,
            gid: gid
        )
        let spool = "\(scratch)/build-\(UUID().uuidString)"
        let file = open(spool, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw WireError(.storageFailed, "create \(spool): errno \(errno)") }
        let owned = OwnedDescriptor(adopting: file)
        unlink(spool)
        let raw = owned.raw
        try await onOwnThread { try context.pack(copy, as: target, to: raw) }
        lseek(raw, 0, SEEK_SET)
        let interruption = try Interruption()
        try await withTaskCancellationHandler {
            _ = try await sandbox.placeLayer(
                InterruptibleStream(source: raw, interruption: interruption),
                as: .rootFileSystem,
                at: "/",
                interruption: interruption
            )
        } onCancel: {
            interruption.stop()
        }
        withExtendedLifetime(owned) {}
    }

    /// Relative names start from the working directory.
    private static func absolute(_ path: String, in settings: ImageSettings) -> String {
        let whole = path.hasPrefix("/") ? path : (settings.workingDirectory ?? "/") + "/" + path
        var names: [Substring] = []
        for name in whole.split(separator: "/") where name != "." {
            if name == ".." { _ = names.popLast() } else { names.append(name) }
        }
        return "/" + names.joined(separator: "/")
    }

    private func failure(_ what: String, remedy: String = "nothing was kept") -> WireError {
        WireError(.sandboxFailed, what, reason: "ImageBuildError", remedy: remedy)
    }
}
