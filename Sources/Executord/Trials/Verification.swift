import FoundationEssentials
import Glibc
import Linux
import Sandbox
import SandboxPlan
import Tasks
import Trajectory
import Verifier
import Wire

/// Comes to a verdict about what an agent left behind.
struct Verification: Sendable {
    let sandboxes: TrialSandboxes
    let recorder: TrialRecorder
    /// Told when a verifier in a sandbox of its own has ended.
    var rested: @Sendable () async -> Void = {}

    var services: TrialServices { sandboxes.services }
    private var settings: TrialSettings { sandboxes.settings }
    private static let evidencePaths = 200
    /// The frozen layer among a trial's files.
    static let archiveName = "layer.tar"
    private static let agentLogs = "/logs/agent"
    private static let logLimits = TreeLimits(entries: 5000, depth: 32, fileBytes: 16 << 20, totalBytes: 64 << 20)

    /// Archives the frozen layer, then judges it in a fresh sandbox.
    func isolated(_ layer: Layer, _ seen: Evidence) async throws -> Verdict {
        // Most agents leave the system alone: what their verifier needs stands when the layer has been looked at.
        async let usual = site(on: layer, Tampering())
        let examined: Examined
        do {
            examined = try await examine(layer, seen)
            try await recorder.advance(.layerFrozen)
        } catch {
            try? await usual.remove(services.host)
            throw error
        }
        let chosen: Site
        if examined.tampering.changesMounts {
            try? await usual.remove(services.host)
            chosen = try await site(on: layer, examined.tampering)
        } else {
            chosen = try await usual
        }
        let report = try await verify(in: chosen, examined.tampering, keepingFilesBut: examined.empty)
        try await examined.archived.value
        return verdict(
            of: report,
            mode: .isolated,
            evidence: examined.evidence,
            onPristineSystem: examined.tampering.systemIsTampered
        )
    }

    /// Judges in the agent's own sandbox, then ends it and archives the layer.
    func shared(_ layer: Layer, _ sandbox: RunningSandbox, _ seen: Evidence) async throws -> Verdict {
        try await recorder.advance(.layerFrozen)
        try await keepAgentFiles(from: sandbox)
        if let tests = services.tasks.tests(sandboxes.task) {
            try await Self.provideTests(tests, to: sandbox, settings, services)
        }
        // The sandbox goes on, its network becomes the verifier's.
        await sandbox.attendant(SandboxProxy.self)?.change(
            to: sandboxes.networks.rules(of: .verifier),
            phase: .verifying
        )
        // Its mounts are made when a sandbox starts, and the agent's has started without.
        if sandboxes.verifierTools != nil {
            try await recorder.note("the verifier runs in the agent's sandbox, where the verifier tools are not")
        }
        let report = try await run(verifierSettings(settings, with: nil), in: sandbox)
        try files.keep(report.files, as: "verifier")
        var evidence = seen
        evidence.survivors = await sandbox.destroy()
        let examined = try await examine(layer, evidence)
        try await examined.archived.value
        return verdict(of: report, mode: .shared, evidence: examined.evidence)
    }

    /// Judges an archived layer once more, as `isolated` or `separate` did.
    func again(_ layer: Layer, _ original: Verdict) async throws -> Verdict {
        if original.mode == .separate {
            let report = try await verifyApart(layer, keepFiles: false)
            return verdict(of: report, mode: .separate, evidence: original.evidence)
        }
        let list = try await FrozenLayer(
            services: services,
            identity: sandboxes.identity,
            layer: layer,
            image: sandboxes.image
        ).examine(ignoring: ignored)
        let tampering = judgeTampering(list, imageHas: imageHas)
        let report = try await verify(in: site(on: layer, tampering), tampering, keepingFilesBut: nil)
        return verdict(
            of: report,
            mode: .isolated,
            evidence: original.evidence,
            onPristineSystem: tampering.systemIsTampered
        )
    }

    func verdict(
        of report: VerifierReport,
        mode: VerifierMode,
        evidence: Evidence,
        onPristineSystem: Bool = false
    ) -> Verdict {
        var verdict = makeVerdict(
            reading: report.reading,
            tests: report.tests,
            mode: mode,
            evidence: evidence,
            onPristineSystem: onPristineSystem
        )
        verdict.tools = mode == .shared ? nil : sandboxes.verifierTools?.digest
        return verdict
    }

    // MARK: Looking at the layer

    struct Examined {
        var evidence: Evidence
        var tampering: Tampering
        /// Of the agent's directories whose files are kept, those that are known to have none.
        var empty: Set<String>
        /// Ends when the archive is durable, which a verdict waits for.
        let archived: Task<Void, any Error>
    }

    /// Directories that the daemon made: they are not the agent's changes.
    private var ignored: Set<String> {
        var ignored = TrialSandboxes.ownDirectories
        if sandboxes.networks.agent == .open { ignored.insert("/etc") }
        ignored.formUnion(sandboxes.skills?.ownDirectories ?? [])
        if settings.workingDirectory != "/" {
            let parts = settings.workingDirectory.split(separator: "/")
            for count in 1...parts.count { ignored.insert("/" + parts[..<count].joined(separator: "/")) }
        }
        return ignored
    }

    func examine(_ layer: Layer, _ seen: Evidence) async throws -> Examined {
        let directory = files.directory
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let archive = "\(directory)/\(Self.archiveName)"
        let (list, archived) = try await FrozenLayer(
            services: services,
            identity: sandboxes.identity,
            layer: layer,
            image: sandboxes.image
        ).examine(archive: archive, ignoring: ignored)
        try await services.store.setFrozenLayer(recorder.trial, path: archive)
        let tampering = judgeTampering(list, imageHas: imageHas)
        let outside = list.outside(settings.workingDirectory).filter { change in
            let isOurs = sandboxes.networks.agent == .open && change.path == PublicNetwork.resolverFile
            return !isOurs && !change.path.hasPrefix(Self.agentLogs + "/")
        }
        var evidence = seen
        evidence.changedOutside = Array(outside.prefix(Self.evidencePaths))
        evidence.changedOutsideTotal = outside.count
        evidence.changedInside = list.changes.count - list.outside(settings.workingDirectory).count
        evidence.suspicious = Array(tampering.findings.prefix(Self.evidencePaths))
        // What the image has there is not in the list.
        let looked = try sandboxes.isInRoot("logs") ? [] : [Self.agentLogs, ArtifactDeclaration.convention.source]
        return Examined(
            evidence: evidence,
            tampering: tampering,
            empty: Set(looked.filter(list.leavesAlone)),
            archived: archived
        )
    }

    /// Whether the image has something at a path; only looked at, never opened.
    private func imageHas(_ path: String) -> Bool {
        guard !path.split(separator: "/").contains("..") else { return false }
        var status = stat()
        return lstat(sandboxes.image.hostPath(path), &status) == 0
    }

    // MARK: Running the verifier

    /// A sandbox on an agent's frozen layer, with what it stands on.
    private struct Site: Sendable {
        let group: CgroupGroup
        let layer: Layer
        let sandbox: RunningSandbox

        func remove(_ host: SandboxHost) async throws {
            await sandbox.destroy()
            group.remove()
            try await host.removeLayer(layer)
        }
    }

    /// Nothing runs in it yet.
    private func site(on frozen: Layer, _ tampering: Tampering) async throws -> Site {
        let group = try sandboxes.makeGroup("verifier")
        do {
            let layer = try await sandboxes.makeLayer()
            do {
                let sandbox = try await sandboxes.verifier(
                    layer: layer,
                    frozen: frozen.name,
                    tampering: tampering,
                    group: group
                )
                return Site(group: group, layer: layer, sandbox: sandbox)
            } catch {
                try? await services.host.removeLayer(layer)
                throw error
            }
        } catch {
            group.remove()
            throw error
        }
    }

    /// Judges, and removes the site; `empty` are places where there are no files to be kept, nil keeps none.
    private func verify(
        in site: Site,
        _ tampering: Tampering,
        keepingFilesBut empty: Set<String>?
    ) async throws -> VerifierReport {
        let outcome: Result<VerifierReport, any Error>
        do {
            var settings = verifierSettings(self.settings, with: sandboxes.verifierTools)
            if tampering.bytecodeIsNew { settings.environment.merge(VerifierRun.withoutBytecode) { own, _ in own } }
            if let empty { try await keepAgentFiles(from: site.sandbox, empty) }
            outcome = .success(try await judge(settings, in: site.sandbox, keepFiles: empty != nil))
        } catch {
            outcome = .failure(error)
        }
        try await site.remove(services.host)
        return try outcome.get()
    }

    /// Runs the verifier, as a recorded action where its files are kept.
    func judge(
        _ settings: VerifierSettings,
        in sandbox: RunningSandbox,
        keepFiles: Bool
    ) async throws -> VerifierReport {
        guard keepFiles else { return try await VerifierRun(settings).run(in: sandbox) }
        let report = try await run(settings, in: sandbox, ended: rested)
        try files.keep(report.files, as: "verifier")
        return report
    }

    /// The task's own word counts most, then the tools', the image's least.
    func verifierSettings(_ settings: TrialSettings, with tools: VerifierTools?) -> VerifierSettings {
        let environment = settings.imageEnvironment
            .merging(sandboxes.networks.verifier.environment) { _, own in own }
            .merging(settings.environment) { _, own in own }
        let own = settings.verifierEnvironment
        return VerifierSettings(
            environment: tools?.added(to: environment, task: own)
                ?? environment.merging(own) { _, own in own },
            user: settings.verifierUser,
            workingDirectory: settings.workingDirectory,
            timeout: settings.verifierTimeout,
            profile: services.profiles.forTask(user: settings.verifierUser),
            resourceLimits: settings.resourceLimits
        )
    }

    /// The verifier's run as a recorded action.
    private func run(
        _ verifierSettings: VerifierSettings,
        in sandbox: RunningSandbox,
        ended: @escaping @Sendable () async -> Void = {}
    ) async throws -> VerifierReport {
        let session = TrialSession(
            sandbox: sandbox,
            recorder: recorder,
            store: services.store,
            settings: settings,
            profiles: services.profiles
        )
        var report: VerifierReport?
        let request = ActionRequest(
            argv: ["/bin/sh", "-c", VerifierRun.command],
            shell: "/tests/test.sh",
            cwd: verifierSettings.workingDirectory,
            timeoutSeconds: verifierSettings.timeout.map { $0.milliseconds / 1000 }
        )
        var action = session.action(for: request)
        action.timeout = verifierSettings.timeout
        _ = try await session.record(request, as: action, phase: .verifying) { () throws(SandboxError) in
            let made = try await VerifierRun(verifierSettings, ended: ended).run(in: sandbox)
            report = made
            return made.action
        }
        guard let report else { throw WireError(.sandboxFailed, "the verifier could not be started") }
        return report
    }

    /// Uploads the tests into a live sandbox, over whatever the agent has there.
    private static func provideTests(
        _ tests: String,
        to sandbox: RunningSandbox,
        _ settings: TrialSettings,
        _ services: TrialServices
    ) async throws {
        var action = SandboxAction(
            argv: [
                "/bin/sh", "-c",
                "rm -rf /tests /logs/verifier/reward.json /logs/verifier/reward.txt && mkdir -p /tests /logs/verifier"
                    + " && tar -x -f - -C /tests",
            ],
            environment: settings.baseEnvironment,
            workingDirectory: "/",
            user: .ids(uid: 0, gid: 0),
            profile: services.profiles.root,
            timeout: .seconds(60)
        )
        let archive = try archiveInMemory(of: tests)
        action.input = .descriptor(archive.raw)
        let result = try await sandbox.run(action)
        guard result.end == .exited(code: 0) else {
            throw WireError(
                .sandboxFailed,
                "the tests could not be put into the agent's sandbox: \(result.end)",
                reason: "AddTestsDirError"
            )
        }
    }

    // MARK: Keeping files

    var files: TrialFiles { TrialFiles(directory: sandboxes.filesDirectory) }

    /// Keeps the agent's logs and the artifacts for the export, before the verifier can change them.
    private func keepAgentFiles(from sandbox: RunningSandbox, _ empty: Set<String> = []) async throws {
        if empty.contains(Self.agentLogs) {
            try files.keep(CollectedTree(), as: "agent")
        } else {
            try await keepLogs(from: sandbox)
        }
        try await artifacts(files, empty).collect(from: sandbox, into: nil)
    }

    func keepLogs(from sandbox: RunningSandbox) async throws {
        try files.keep(try await sandbox.collect(Self.agentLogs, limits: Self.logLimits), as: "agent")
    }

    /// The task's artifacts; `files` nil keeps nothing of them.
    func artifacts(_ files: TrialFiles?, _ empty: Set<String> = []) -> ArtifactCollection {
        let recorder = recorder
        return ArtifactCollection(
            plan: ArtifactPlan(sandboxes.task.definition.artifacts, workingDirectory: settings.workingDirectory),
            empty: empty,
            files: files,
            note: { text in if files != nil { try await recorder.note(text) } }
        )
    }
}
