import Glibc
import Images
import Reactor
import Sandbox
import SandboxPlan
import Tasks
import Verifier
import Wire

/// `sandbox.exec`: one command in a fresh sandbox, for the daemon's own user only.
struct SandboxRoutes: Sendable {
    let services: TrialServices
    let ownUser: UInt32
    /// Embedded, or the service of its own user, to whom it may be lent directories.
    let isPrivate: Bool

    /// Where `work` is seen inside.
    static let workDirectory = "/work"

    var routes: [Route] {
        [
            Route(SandboxExec.self, descriptors: 3...4) { params, caller, passed in
                guard isPrivate, caller.user == ownUser else {
                    throw WireError(
                        .forbidden,
                        "only a daemon of the caller's own, not the system's, runs commands",
                        remedy: "use 'executorctl exec', which starts one"
                    )
                }
                return try await execute(params, passed)
            }
        ]
    }

    private func execute(
        _ params: SandboxExec.Params,
        _ passed: [SharedDescriptor]
    ) async throws -> Answer<SandboxExec.Result> {
        let streams = passed.compactMap { $0.raw }
        guard streams.count == (params.changes ? 4 : 3) else {
            throw WireError(
                .invalidParams,
                "sandbox.exec: pass stdin, stdout and stderr (and the changes' pipe) with the frame"
            )
        }
        var clock = StageClock()
        let command = try ExecCommand(params, services)
        guard params.limits.cpuSeconds == nil || params.allowUnenforced || services.cgroups.accountsProcessorTime else {
            throw SandboxError.limitsUnenforceable(["processor time"])
        }
        let key = command.isRepeatable ? PreparedKey(command.order) : nil
        let standing: StandingSandbox
        if let key, let ready = await services.prepared.take(key) {
            clock.finish(.prepared)
            standing = ready
        } else {
            standing = try await stand(command, streams, &clock)
        }
        let outcome: Result<SandboxExec.Result, any Error>
        do {
            outcome = .success(try await run(command, standing, streams, &clock))
        } catch {
            outcome = .failure(error)
        }
        withExtendedLifetime(command) {}
        // The client sees the end of the changes' stream whatever happened.
        for descriptor in passed { _ = descriptor.take() }
        try await services.host.giveBack(standing)
        clock.finish(.removal)
        var result = try outcome.get()
        result.stages = clock.stages
        guard key != nil else { return Answer(result) }
        return Answer(result) { [prepared = services.prepared] in await prepared.refill() }
    }

    private func stand(
        _ command: ExecCommand,
        _ streams: [CInt],
        _ clock: inout StageClock
    ) async throws(SandboxError) -> StandingSandbox {
        let standing = try await services.prepared.yielding { () throws(SandboxError) in
            try await services.host.stand(
                command.order,
                as: try command.identity(),
                in: services.cgroups,
                named: "exec-\(UInt32.random(in: 0 ... .max))",
                first: command.waitsForNetwork ? nil : command.action(streams)
            ) {
                clock.finish(.layer)
            }
        }
        clock.finish(launch: await standing.sandbox.setup)
        return standing
    }

    private func run(
        _ command: ExecCommand,
        _ standing: StandingSandbox,
        _ streams: [CInt],
        _ clock: inout StageClock
    ) async throws -> SandboxExec.Result {
        let sandbox = standing.sandbox
        let requests = CollectedRequests()
        if let rules = command.networkRules {
            do {
                try await SandboxProxy.serve(sandbox, rules: rules, phase: .agent, evidence: requests)
            } catch {
                await sandbox.destroy()
                throw error
            }
        }
        var answer: SandboxExec.Result
        do throws(SandboxError) {
            let action = command.action(streams)
            let result =
                if let first = standing.first { try await first.finished() } else { try await sandbox.run(action) }
            answer = SandboxExec.Result(
                exit: ActionExit(result.end),
                cost: ActionCost(result, limits: command.inForce.met(by: result, of: action)),
                evidence: ActionEvidence(result)
            )
        } catch {
            await sandbox.destroy()
            guard case .notStarted(let failure) = error else { throw error }
            return SandboxExec.Result(
                exit: .notStarted(reason: error.description, errno: Int(failure.errno)),
                cost: ActionCost(wallMilliseconds: 0)
            )
        }
        clock.finish(.command)
        await sandbox.destroy()
        clock.finish(.end)
        try Task.checkCancellation()
        answer.network = requests.targets
        guard command.params.work != nil else { return answer }
        let frozen = FrozenLayer(
            services: services,
            identity: standing.identity,
            layer: standing.layer,
            image: command.image
        )
        let changes = try await frozen.workChanges(sink: streams.count == 4 ? streams[3] : nil)
        // The protocol names changes of `work` relative to it.
        answer.changed = changes.changes.map { change in
            ChangedPath(path: String(change.path.drop { $0 == "/" }), kind: change.kind, bytes: change.bytes)
        }
        return answer
    }
}

/// A `sandbox.exec` request, checked and completed with defaults.
struct ExecCommand: Sendable {
    let params: SandboxExec.Params
    /// Kept as long as this is.
    private let held: HeldImage
    let profile: ConfinementProfile
    /// Who owns `work` is who the command is inside.
    let user: UserSelection
    private let services: TrialServices
    private let network: NetworkPolicy

    init(_ params: SandboxExec.Params, _ services: TrialServices) throws {
        network = try SubmissionRules.network(params, services.network)
        self.params = params
        self.services = services
        guard !params.argv.isEmpty else { throw WireError(.invalidParams, "sandbox.exec: argv is empty") }
        try SubmissionRules.check(params.limits)
        guard let profile = services.profiles.named(params.profile) else {
            throw WireError(.invalidParams, "no profile '\(params.profile)'", remedy: "default, root or debug")
        }
        self.profile = profile
        guard let held = services.images.hold(params.image ?? "host", by: "a command") else {
            throw WireError(
                .taskRefused,
                "no image '\(params.image ?? "")'",
                reason: "imageUnknown",
                remedy: "host, dir:/PATH, or a name that `executorctl image list` shows"
            )
        }
        self.held = held
        var status = stat()
        if let work = params.work {
            guard stat(work, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
                throw WireError(.invalidParams, "\(work) is not a directory", remedy: "name a directory with --work")
            }
        }
        let owner = params.work != nil && services.host.planner.abilities.identityMappedMounts ? status.st_uid : 0
        let group = owner == 0 ? 0 : status.st_gid
        user = params.profile == "root" ? .ids(uid: 0, gid: 0) : .ids(uid: owner, gid: group)
    }

    var image: Image { held.image }

    /// A caller's own files are only theirs to see in a sandbox whose root is the caller.
    func identity() throws(SandboxError) -> Identity {
        let needsCaller = params.work != nil || !params.readOnly.isEmpty
        guard needsCaller, !services.host.planner.abilities.identityMappedMounts else {
            return try services.host.takeIdentity(for: image)
        }
        return .caller
    }

    var cgroupLimits: CgroupLimits {
        CgroupLimits(
            memoryBytes: params.limits.memoryBytes ?? services.defaults.memoryBytes,
            processes: params.limits.processes ?? services.defaults.processes,
            cpus: params.limits.cpus
        )
    }
    var layerBytes: UInt64 { UInt64(params.limits.diskBytes ?? services.defaults.storageBytes) }
    var layerInodes: UInt64 { UInt64(params.limits.inodes ?? services.defaults.inodes) }

    var inForce: LimitsInForce {
        LimitsInForce(group: cgroupLimits, layerBytes: layerBytes, layerInodes: layerInodes)
    }

    /// What the proxy goes by; nil without one.
    var networkRules: HostRules? { network.kind == .allowlist ? services.network.rules(network) : nil }

    /// Nothing may run before its way out is there.
    var waitsForNetwork: Bool { network.kind != .closed }

    /// Nothing of the caller's own is seen inside: somebody else's command may be given the same.
    var isRepeatable: Bool { params.work == nil && params.readOnly.isEmpty }

    var order: SandboxOrder {
        SandboxOrder(
            form,
            limits: cgroupLimits,
            layerBytes: layerBytes,
            layerInodes: layerInodes,
            allowUnenforced: params.allowUnenforced
        )
    }

    private var form: SandboxForm {
        var form = SandboxForm(image: image)
        switch network {
        case .closed: break
        case .allowlist: form.network = .proxied
        case .open: form.network = .open(except: NearNetworks.all())
        }
        if let work = params.work {
            form.mounts.append(PolicyMount(.copyOnWrite(path: work, name: "work"), at: SandboxRoutes.workDirectory))
        }
        for bind in params.readOnly {
            form.mounts.append(PolicyMount(.readOnly(path: bind.host), at: bind.inside))
        }
        return form
    }

    /// The command, with the caller's descriptors as its streams.
    func action(_ streams: [CInt]) -> SandboxAction {
        var defaults = services.defaults
        if let files = params.limits.openFiles { defaults.openFiles = files }
        let environment = [
            "PATH": ImageSettings.path, "HOME": "/root", "TERM": "dumb",
            "LANG": "C.UTF-8",
        ].merging(image.settings.environment) { _, image in image }.merging(network.environment) { _, own in own }
            .merging(params.environment) { _, own in own }
        return SandboxAction(
            argv: params.argv,
            environment: environment,
            workingDirectory: params.work == nil
                ? image.settings.workingDirectory ?? "/" : SandboxRoutes.workDirectory,
            user: user,
            profile: profile,
            timeout: params.limits.wallSeconds.map { .seconds($0) },
            cpuTimeout: params.limits.cpuSeconds.map { .seconds($0) },
            resourceLimits: defaults.resourceLimits,
            input: .descriptor(streams[0]),
            output: .descriptors(stdout: streams[1], stderr: streams[2]),
            isLast: true
        )
    }
}
