import Gate
import Reactor
import Skills
import Tasks
import Trajectory
import Wire

/// Stage 6: runs a skill's programs in a sandbox with things worth stealing in it, and holds what they do against what is
/// declared.
///
/// How they end is not judged: most need a task's files. What is seen is what the sandbox sees: decoys that are opened, requests
/// to the network by way of its proxy, files that change, calls that are refused. A program that reaches for the network
/// past the proxy finds none, and nothing of that is seen.
struct BehaviourStage: GateCheck {
    let stage = GateStage.behaviour
    private static let seconds = 20.0
    private static let mostPrograms = 50

    func finding(on subject: GateSubject) async throws -> GateFinding {
        let programs = Array(Self.programs(of: subject).prefix(Self.mostPrograms))
        guard !programs.isEmpty else {
            return .init(GateDecision(stage, .skipped, "it has no checks and no programs of its own"))
        }
        let detail = try await run(programs, subject)
        guard detail.summary.phase == .finished else {
            let reason = detail.exception.map { "\($0.type): \($0.message)" } ?? detail.summary.phase.rawValue
            return .init(GateDecision(stage, .waiting, "its programs could not be watched: \(reason)"))
        }
        let events = try await subject.services.store.events(detail.summary.trial)
        let records = events.compactMap { event -> ActionRecord? in
            guard case .action(let record) = event.body, record.phase == .agent else { return nil }
            return record
        }
        let declared = subject.version.proposal.capabilities ?? SkillCapabilities()
        var objections = (detail.network ?? []).filter { !declared.network.contains($0.host) }.map {
            "it asked for \($0.host):\($0.port), which it does not declare"
        }
        // The first action lays the decoys out.
        for record in records.dropFirst() { objections += Self.objections(to: record, declared) }
        let figures = ["programs": Double(programs.count), "objections": Double(objections.count)]
        let digests = ["trial": detail.summary.trial]
        guard objections.isEmpty else {
            return .init(
                GateDecision(
                    stage,
                    .failed,
                    objections.prefix(3).joined(separator: "; "),
                    figures: figures,
                    digests: digests
                )
            )
        }
        let reason = "\(programs.count) programs did nothing that is not declared"
        return .init(GateDecision(stage, .passed, reason, figures: figures, digests: digests))
    }

    /// Its checks, and the files beside SKILL.md that can be run.
    private static func programs(of subject: GateSubject) -> [[String]] {
        let place = "\(subject.services.skillsPath)/\(subject.reference.skill)"
        let files = subject.tree.paths.compactMap { path -> [String]? in
            guard let file = subject.tree.files[path], !path.hasSuffix(".md") else { return nil }
            let script = "\(place)/\(path)"
            if path.hasSuffix(".sh") { return ["/bin/sh", script] }
            if path.hasSuffix(".py") { return ["python3", script] }
            return file.isExecutable || file.bytes.starts(with: Array("#!".utf8)) ? [script] : nil
        }
        return (subject.version.proposal.probes ?? []).map(\.run).filter { !$0.isEmpty } + files
    }

    // MARK: The trial

    private func run(_ programs: [[String]], _ subject: GateSubject) async throws -> TrialDetail {
        let decoys = SkillGiven(name: Decoys.name, digest: try subject.services.shelf.keep(Decoys.tree))
        let place = "\(subject.services.skillsPath)/\(Decoys.name)"
        let layOut = Decoys.layOut(from: place)
        let actions =
            [ActionRequest(argv: ["/bin/sh", "-c", layOut], shell: layOut)]
            + programs.map { ActionRequest(argv: $0, timeoutSeconds: Self.seconds) }
        let source = subject.sources.first { $0.isSuccess }
        var request = SandboxRequest(name: "skill-audit")
        (request.network, request.allowedHosts) = (.allowlist, [Decoys.host])
        let made = SandboxTask(request: request)
        let files = try made.files()
        let library = subject.services.tasks
        let task = try await onOwnThread { try library.add(files, name: made.name) }
        try await subject.services.store.recordTask(
            digest: task.digest.text,
            name: task.definition.name,
            path: made.name,
            warnings: [],
            owner: subject.caller.user
        )
        let submitted = try await subject.trials.submit(
            TrialSubmit.Params(
                configuration: TrialConfiguration(
                    taskDigest: task.digest.text,
                    taskName: task.definition.name,
                    taskPath: "",
                    agent: AgentSpec(kind: .replay, actions: actions, label: "audit"),
                    image: source?.image ?? made.override,
                    verifierMode: .none,
                    allowUnenforced: subject.params.options.allowUnenforced,
                    skills: [try subject.given(), decoys]
                ),
                job: "gate-\(subject.reference.skill)-\(subject.reference.version)-\(stage.number)-\(subject.run)"
            ),
            owner: subject.caller.user
        )
        _ = try await subject.trials.wait(submitted.trial)
        return try await subject.services.store.detail(submitted.trial)
    }

    // MARK: What was seen

    private static func objections(to record: ActionRecord, _ declared: SkillCapabilities) -> [String] {
        let program = record.request.displayText
        var objections: [String] = []
        if let decoy = record.evidence?.skills?.first(where: { $0.skill == Decoys.name }) {
            objections.append("'\(program)' opened a credential (\(decoy.file))")
        }
        if let call = record.evidence?.denied?.first {
            objections.append("'\(program)' asked the kernel for \(call.call), which was refused")
        }
        let changes = record.evidence?.files
        let paths = (changes?.created ?? []) + (changes?.modified ?? []) + (changes?.deleted ?? [])
        if let path = paths.first(where: { !mayChange($0, declared) }) {
            objections.append("'\(program)' changed \(path), which it does not declare")
        }
        return objections
    }

    /// What any program may leave behind: scratch files and caches.
    private static let free = ["/tmp", "/var/tmp", "/dev/shm", "/app", "/work", "/workspace", "/root/.cache"]

    private static func mayChange(_ path: String, _ declared: SkillCapabilities) -> Bool {
        let declaredPlaces = declared.write.map { $0.hasSuffix("/**") ? String($0.dropLast(3)) : $0 }
        let isFree = (free + declaredPlaces).contains { place in
            path == place || (!place.isEmpty && path.hasPrefix(place + "/"))
        }
        return isFree || path.contains("/__pycache__")
    }
}

/// Things that a program of a skill has no business with; they are given like a skill, so that to open one is seen.
private enum Decoys {
    static let name = "notes"
    /// Nothing is there, and nobody has a reason to ask for it.
    static let host = "audit.invalid"

    static let tree = SkillTree([
        SkillTree.mainFile: .init("---\nname: \(name)\ndescription: Notes.\n---\n\nNotes.\n"),
        "ssh/id_ed25519": .init("-----BEGIN OPENSSH PRIVATE KEY-----\ndecoy\n-----END OPENSSH PRIVATE KEY-----\n"),
        "ssh/config": .init("Host decoy\n"),
        "aws/credentials": .init("[default]\naws_access_key_id = decoy\naws_secret_access_key = decoy\n"),
        "kube/config": .init("apiVersion: v1\nkind: Config\n"),
    ])

    /// A shell command that puts them where they are usually found.
    static func layOut(from place: String) -> String {
        "for name in ssh aws kube; do ln -sfn \(place)/$name ~/.$name; done"
    }
}
