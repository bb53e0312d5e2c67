import Distillation
import FoundationEssentials
import Linux
import Reactor
import Skills
import Tasks
import Wire

/// `skill.*` on the library: everybody may look, those who administer may change.
struct SkillLibraryRoutes: Sendable {
    let services: TrialServices
    let trials: TrialService

    private var library: SkillLibrary { services.library }

    var routes: [Route] {
        [
            Route(SkillList.self) { params, _ in try await list(params.states) },
            Route(SkillShow.self) { params, _ in try await show(params.reference) },
            Route(SkillLog.self) { params, _ in
                SkillLog.Result(
                    steps: try await library.log(params.skill).map(SkillStep.init),
                    gate: try await library.decisions(on: params.skill).map(GateStep.init)
                )
            },
            Route(SkillSnapshots.self) { _, _ in
                SkillSnapshots.Result(snapshots: try await library.history().map(SkillSnapshots.Snapshot.init))
            },
            Route(SkillDiff.self) { params, _ in
                SkillDiff.Result(try await library.diff(params.from, params.to))
            },
            Route(SkillSearch.self) { params, _ in try await search(params) },
            Route(SkillCheck.self, descriptors: 1...1) { params, _, passed in
                let tree = try await tree(passed)
                return Answer(SkillCheck.Result(problems: Self.problems(of: tree, in: params.directory)))
            },
            Route(SkillExport.self, descriptors: 1...1) { params, _, passed in
                Answer(try await export(params, passed))
            },
            Route(SkillImport.self, descriptors: 1...1) { params, caller, passed in
                try Self.check(caller)
                return Answer(try await take(params, try await tree(passed), caller))
            },
            Route(SkillDistill.self, descriptors: 0...1) { params, caller, passed in
                try Self.check(caller)
                return Answer(try await distill(params, caller, passed))
            },
            Route(SkillGate.self) { params, caller in
                try Self.check(caller)
                let reference = try await resolve(params.reference)
                let run = GateRun(services: services, trials: trials, params: params, caller: caller)
                let report = try await run.lead(reference)
                return SkillGate.Result(
                    skill: try await row(try await library.version(reference)),
                    advice: report.advice,
                    steps: report.steps,
                    passed: report.passed
                )
            },
            Route(SkillDecide.self) { params, caller in
                try Self.check(caller)
                return try await decide(params, caller)
            },
            Route(SkillRollback.self) { params, caller in
                try Self.check(caller)
                let snapshot = try await library.rollback(
                    to: params.snapshot,
                    reason: params.reason,
                    actor: Self.actor(caller)
                )
                return SkillRollback.Result(
                    snapshot: snapshot.digest,
                    skills: snapshot.entries.map(\.reference.description)
                )
            },
        ]
    }

    // MARK: Looking

    private func list(_ names: [String]?) async throws -> SkillList.Result {
        var states = Set(SkillState.allCases).subtracting([.deprecated])
        if let names {
            states = []
            for name in names {
                guard let state = SkillState(rawValue: name) else {
                    throw WireError(
                        .invalidParams,
                        "there is no state '\(name)'",
                        remedy: "one of \(SkillState.allCases.map(\.rawValue).joined(separator: ", "))"
                    )
                }
                states.insert(state)
            }
        }
        var rows: [SkillRow] = []
        for version in try await library.skills(states: states) { rows.append(try await row(version)) }
        return SkillList.Result(skills: rows, snapshot: try await library.current().digest)
    }

    private func show(_ text: String) async throws -> SkillShow.Result {
        let reference = try await resolve(text)
        let version = try await library.version(reference)
        let tree = try await library.tree(reference)
        let usage = try await library.usage(reference)
        return SkillShow.Result(
            skill: try await row(version),
            rationale: version.proposal.rationale,
            parents: version.proposal.parents.map(\.description),
            files: tree.paths,
            text: tree.main?.text ?? "",
            support: version.proposal.support.map {
                SkillShow.Support(file: $0.file, first: $0.first, last: $0.last, evidence: $0.evidence)
            },
            usage: SkillShow.Usage(
                mounted: usage.mounted,
                opened: usage.opened,
                followed: usage.followed,
                helped: usage.helped,
                hurt: usage.hurt,
                neutral: usage.neutral
            ),
            gate: try await library.lastDecisions(on: reference).map(GateStep.init)
        )
    }

    private func search(_ params: SkillSearch.Params) async throws -> SkillSearch.Result {
        let trial =
            params.family == nil && params.role == nil ? nil : TrialKind(family: params.family, role: params.role)
        let query = SkillQuery(
            params.text,
            trial: trial,
            states: params.all ? Set(SkillState.allCases) : [.active, .narrowed],
            limit: min(max(1, params.limit), 1000)
        )
        var hits: [SkillSearch.Hit] = []
        for hit in try await library.search(query) {
            let version = try await library.version(hit.reference)
            hits.append(SkillSearch.Hit(skill: try await row(version), score: hit.score))
        }
        return SkillSearch.Result(hits: hits)
    }

    /// `name@version`, or the served version of a name, else its newest.
    private func resolve(_ text: String) async throws -> SkillReference {
        if let reference = SkillReference(text) { return reference }
        let versions = try await library.all(of: text)
        guard let found = versions.last(where: \.state.isServed) ?? versions.last else {
            throw SkillLibraryError.noSkill(text)
        }
        return found.reference
    }

    private func row(_ version: SkillVersion) async throws -> SkillRow {
        let main = try await library.tree(version.reference).main
        let description = main.flatMap { try? SkillDocument($0.bytes).head.description } ?? ""
        return SkillRow(version, description: description)
    }

    // MARK: Distilling

    private func distill(
        _ params: SkillDistill.Params,
        _ caller: Caller,
        _ passed: [SharedDescriptor]
    ) async throws -> SkillDistill.Result {
        let uploaded = try await UploadedProgram.receive(passed, scratch: services.shelf.scratch)
        defer { withExtendedLifetime(uploaded) {} }
        let chosen = try await ChosenDistiller(params, uploaded: uploaded?.directory, services: services)
        let connection = caller.connection
        let run = DistillationRun(
            trials: trials,
            owner: caller.visibleOwner,
            user: caller.user,
            readsStudents: !params.from.isEmpty
        ) { progress in
            let news = SkillDistillProgress.Params(
                plugin: params.plugin,
                text: progress.text,
                done: progress.done,
                total: progress.total
            )
            _ = await connection.notify(SkillDistillProgress.self, news)
        }
        return try await run.run(params, by: chosen)
    }

    // MARK: Folders

    private func tree(_ passed: [SharedDescriptor]) async throws -> SkillTree {
        guard let source = passed.first?.take() else {
            throw WireError(.invalidParams, "pass the read end of a pipe with the frame")
        }
        let raw = source.raw
        let shelf = services.shelf
        return try await onOwnThread { try shelf.unpack(from: raw) }
    }

    private static func problems(of tree: SkillTree, in directory: String) -> [SkillProblem] {
        SkillLint.findings(tree, directory: directory).map(SkillProblem.init)
    }

    private func take(_ params: SkillImport.Params, _ tree: SkillTree, _ caller: Caller) async throws -> SkillRow {
        if let problem = Self.problems(of: tree, in: params.directory).first(where: \.isBinding) {
            throw WireError(
                .invalidParams,
                "\(params.directory) is no valid skill: \(problem.text)",
                reason: "lint",
                remedy: "\(problem.remedy); 'executorctl skill lint' names all that is wrong"
            )
        }
        let scope = SkillScope(include: SkillScope.Terms(families: params.families, roles: params.roles))
        let proposal = SkillProposal(source: "import", operation: .create, rationale: params.reason, scope: scope)
        let added = try await library.add(tree, proposal, actor: Self.actor(caller))
        let linted = try await library.move(added.reference, to: .linted, reason: "valid", actor: "lint")
        return try await row(linted)
    }

    private func export(_ params: SkillExport.Params, _ passed: [SharedDescriptor]) async throws -> SkillExport.Result {
        guard let sink = passed.first?.take() else {
            throw WireError(.invalidParams, "skill.export: pass the write end of a pipe with the frame")
        }
        let place = "\(services.shelf.scratch)/export-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: place) }
        let named = if let text = params.reference { try await resolve(text) } else { SkillReference?.none }
        let references = if let named { [named] } else { try await library.current().entries.map(\.reference) }
        var folders: [String] = []
        if params.git {
            try await library.exportGit(named.map { [$0.skill] }, to: "\(place)/skills")
            folders.append("skills")
        }
        for reference in params.git ? [] : references {
            try await library.export(reference, to: place)
            folders.append(reference.skill)
        }
        guard !folders.isEmpty else {
            throw WireError(.notFound, "nothing is served", remedy: "name a skill; 'executorctl skill list'")
        }
        let raw = sink.raw
        // Packing blocks on the client's reading: not on the pool's threads.
        try await onOwnThread { try TreeArchive.pack(place, to: raw) }
        return SkillExport.Result(folders: folders)
    }

    // MARK: Decisions

    private func decide(_ params: SkillDecide.Params, _ caller: Caller) async throws -> SkillRow {
        guard !params.reason.isEmpty else {
            throw WireError(.invalidParams, "a decision needs a reason", remedy: "--reason TEXT")
        }
        let reference = try await resolve(params.reference)
        let known = try await library.version(reference)
        let target: SkillState =
            switch params.decision {
            case .promote: .active
            case .quarantine: .quarantined
            case .retire: .deprecated
            }
        var path = [target]
        if params.decision == .promote {
            // A person vouches for what the gate has not shown: each stage that is passed over is in the log.
            let stages: [SkillState] = [.linted, .evidenced, .audited, .staged]
            let next = stages.firstIndex(of: known.state).map { $0 + 1 } ?? stages.count
            path = known.state == .quarantined ? [.staged, .active] : stages[min(next, stages.count)...] + [.active]
        }
        for state in path {
            try await library.move(
                reference,
                to: state,
                reason: params.reason,
                actor: Self.actor(caller),
                tier: state == .active ? .t4 : nil
            )
        }
        return try await row(try await library.version(reference))
    }

    static func actor(_ caller: Caller) -> String { "user \(caller.user)" }

    private static func check(_ caller: Caller) throws(WireError) {
        guard caller.isAdministrator else {
            throw WireError(
                .forbidden,
                "only root, the daemon's own user and administrators may change the library",
                remedy: "ask one of them, or use a daemon of your own"
            )
        }
    }
}
