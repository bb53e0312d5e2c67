import Distillation
import Glibc
import Images
import Linux
import Sandbox
import SandboxPlan
import Trajectory
import Wire

/// One call of a distiller's program in a sandbox of its own, within its budget.
struct DistillerRun: Sendable {
    let program: DistillerProgram
    let services: TrialServices

    /// More than this is no answer.
    static let maximumOutput = 8 << 20
    private static let tailBytes = 8 << 10

    /// What the program printed.
    ///
    /// - Throws: `WireError`, with the end of the program's stderr, when it could not be started, did not end well, or used
    ///   up more than its budget.
    func output(
        of arguments: [String],
        input: [UInt8],
        place: String,
        progress: @escaping @Sendable (DistillProgress) async -> Void
    ) async throws -> DistillerOutput {
        guard let held = services.images.hold(program.image, by: "a distiller") else {
            throw WireError(
                .notFound,
                "the distiller \(program.name) runs on the image '\(program.image)', which is not here",
                remedy: "host, dir:/PATH, or a name that 'executorctl image list' shows"
            )
        }
        defer { withExtendedLifetime(held) {} }
        var form = SandboxForm(image: held.image)
        if let directory = program.directory {
            form.mounts.append(PolicyMount(.readOnly(path: directory), at: DistillerProgram.place))
        }
        let budget = program.budget
        let limits = CgroupLimits(
            memoryBytes: budget.memoryMegabytes << 20,
            processes: services.defaults.processes,
            cpus: nil
        )
        guard services.cgroups.accountsProcessorTime else {
            throw SandboxError.limitsUnenforceable(["processor time"])
        }
        let order = SandboxOrder(
            form,
            limits: limits,
            layerBytes: UInt64(services.defaults.storageBytes),
            layerInodes: UInt64(services.defaults.inodes),
            allowUnenforced: false
        )
        let identity = try services.host.takeIdentity(for: held.image)
        let standing = try await services.prepared.yielding { () throws(SandboxError) in
            try await services.host.stand(
                order,
                as: identity,
                in: services.cgroups,
                named: "distiller-\(UInt32.random(in: 0 ... .max))"
            )
        }
        let outcome: Result<ActionResult, any Error>
        do {
            let file = try inMemory(input)
            var action = self.action(arguments)
            action.input = .descriptor(file.raw)
            outcome = .success(try await run(action, in: standing.sandbox, progress))
            withExtendedLifetime(file.raw) {}
        } catch {
            outcome = .failure(error)
        }
        await standing.sandbox.destroy()
        try await services.host.giveBack(standing)
        return try judged(outcome, place)
    }

    private func action(_ arguments: [String]) -> SandboxAction {
        SandboxAction(
            argv: program.command + arguments,
            environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8", "TERM": "dumb"],
            workingDirectory: program.directory == nil ? "/" : DistillerProgram.place,
            user: .ids(uid: 0, gid: 0),
            profile: services.profiles.standard,
            timeout: .seconds(program.budget.wallSeconds),
            cpuTimeout: .seconds(program.budget.cpuSeconds),
            resourceLimits: services.defaults.resourceLimits,
            output: .captured(head: Self.maximumOutput, tail: Self.tailBytes)
        )
    }

    /// Runs it to its end, and passes on what it says of its progress meanwhile.
    private func run(
        _ action: SandboxAction,
        in sandbox: RunningSandbox,
        _ progress: @escaping @Sendable (DistillProgress) async -> Void
    ) async throws -> ActionResult {
        let live = try await sandbox.start(action)
        let following = Task { [stderr = live.stderr] in
            guard let stderr else { return }
            var lines = ProgressLines()
            var offset = 0
            for await _ in stderr.changes() {
                while case let slice = stderr.slice(from: offset, limit: 64 << 10), !slice.bytes.isEmpty {
                    offset = slice.offset + slice.bytes.count
                    for news in lines.feed(slice.bytes) { await progress(news) }
                }
            }
        }
        let result = await live.wait()
        // Its sandbox, and the stream with it, ends only after this.
        if Task.isCancelled { following.cancel() }
        await following.value
        try Task.checkCancellation()
        return result
    }

    private func judged(_ outcome: Result<ActionResult, any Error>, _ place: String) throws -> DistillerOutput {
        let result: ActionResult
        do {
            result = try outcome.get()
        } catch SandboxError.notStarted(let failure) {
            throw WireError(
                .conflict,
                "the distiller \(program.name) (\(place)) could not be started: \(String(cString: strerror(failure.errno)))",
                reason: "distillerFailed",
                remedy: "an executable program with a '#!' line whose interpreter the image \(program.image) has"
            )
        }
        let output = DistillerOutput(name: program.name, place: place, result: result)
        let budget = program.budget
        switch result.end {
        case .exited(code: 0): break
        case .timedOut:
            throw output.failure("it had not ended after \(budget.wallSeconds) s", remedy: DistillerOutput.moreBudget)
        case .cpuTimeExceeded:
            throw output.failure(
                "it used more than \(budget.cpuSeconds) s of processor time",
                remedy: DistillerOutput.moreBudget
            )
        case _ where result.oomKills > 0 || result.end == .outOfMemory:
            throw output.failure(
                "it needed more than \(budget.memoryMegabytes) MiB of memory",
                remedy: DistillerOutput.moreBudget
            )
        default:
            throw output.failure(
                "it \(ActionExit(result.end).words)",
                remedy: "a distiller exits with 0 when it has printed its answer"
            )
        }
        guard result.stdout.omitted == 0 else {
            throw output.failure(
                "it printed \(result.stdout.total) bytes, more than \(Self.maximumOutput)",
                remedy: "fewer proposals, and progress on stderr"
            )
        }
        return output
    }
}

/// What a program printed, and how an error about it is told.
struct DistillerOutput: Sendable {
    let name: String
    /// The command, and what it worked on.
    let place: String
    private let result: ActionResult

    static let moreBudget = "a larger --timeout, or wallSeconds, cpuSeconds or memoryBytes in [distillers.NAME]"
    private static let shownBytes = 1000

    init(name: String, place: String, result: ActionResult) {
        self.name = name
        self.place = place
        self.result = result
    }

    var stdout: [UInt8] { result.stdout.head + result.stdout.tail }

    /// Cause, place and remedy, with the end of what the program said itself.
    func failure(_ cause: String, remedy: String) -> WireError {
        let said = String(decoding: (result.stderr.head + result.stderr.tail).suffix(Self.shownBytes), as: UTF8.self)
        let end = said.isEmpty ? "" : "; the end of its stderr: \(said)"
        return WireError(
            .conflict,
            "the distiller \(name) (\(place)): \(cause)\(end)",
            reason: "distillerFailed",
            remedy: remedy
        )
    }
}
