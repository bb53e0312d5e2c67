import Linux
import Reactor
import Sandbox
import Tasks
import Trajectory
import Wire

/// `session.*`: opens, joins and ends sessions.
struct SessionRoutes: Sendable {
    let trials: TrialService
    let services: TrialServices
    /// Routes of the sockets inside sandboxes.
    let inner: @Sendable () -> [Route]

    private var store: Store { services.store }
    private var sessions: SessionRegistry { services.sessions }

    var routes: [Route] {
        [
            Route(SessionOpen.self) { params, caller, _ in
                let info = try await open(params, caller)
                let prepared = services.prepared
                return Answer(info) { await prepared.refill() }
            }
        ] + actingRoutes
    }

    /// Those that work inside a sandbox, too.
    var actingRoutes: [Route] {
        [
            Route(SessionJoin.self) { params, caller in try await join(params, caller) },
            Route(SessionSubmit.self, descriptors: 0...1, isOrdered: true) { params, caller, passed in
                // What came before it belongs to the session; what it waits for holds up nothing else.
                await caller.turn.wait()
                caller.turn.end()
                return Answer(try await submit(params, caller, passed))
            },
            Route(SessionClose.self) { params, caller in try await close(params, caller) },
            Route(SessionMessage.self, isOrdered: true) { params, caller in
                await caller.turn.wait()
                let live = try sessions.session(params.session, for: caller)
                try await live.during { try await live.session.recorder.message(params.message) }
                return Empty()
            },
        ]
    }

    // MARK: Opening

    private func open(_ params: SessionOpen.Params, _ caller: Caller) async throws -> SessionInfo {
        let submission = try await submitted(params, caller)
        // The trial lives as long as this connection, or until it is submitted.
        caller.connection.attach(submission.trial)
        guard let live = try await trials.opened(submission.trial) else {
            let detail = try await store.detail(submission.trial)
            throw WireError(
                .sandboxFailed,
                detail.exception?.message ?? "trial \(submission.trial) ended before its sandbox stood",
                reason: detail.exception?.type,
                remedy: detail.exception?.remedy ?? "executorctl show \(submission.trial)"
            )
        }
        if params.inside == true {
            let (reactor, routes) = (services.host.reactor, inner())
            try await live.openInside { try await InnerSocket(live: $0, reactor: reactor, routes: routes).open() }
        }
        var info = live.info
        info.job = submission.job
        return info
    }

    private func submitted(_ params: SessionOpen.Params, _ caller: Caller) async throws -> TrialSubmit.Result {
        switch (params.configuration, params.sandbox, params.trial) {
        case (let configuration?, nil, nil):
            guard configuration.agent.kind == .session else {
                throw WireError(.invalidParams, "configuration.agent.kind is not 'session'")
            }
            return try await trials.submit(
                TrialSubmit.Params(
                    configuration: configuration,
                    templates: params.templates ?? [:],
                    job: params.job
                ),
                owner: caller.user
            )
        case (nil, let request?, nil): return try await submitted(request, job: params.job, caller)
        case (nil, nil, let name?):
            let trial = try await store.resolve(name, visibleTo: caller.visibleOwner)
            let summary = try await store.summary(trial)
            return TrialSubmit.Result(trial: trial, job: summary.job ?? "", warnings: [])
        default:
            throw WireError(.invalidParams, "session.open: give one of 'configuration', 'sandbox' and 'trial'")
        }
    }

    /// A sandbox without a task.
    private func submitted(
        _ request: SandboxRequest,
        job: String?,
        _ caller: Caller
    ) async throws -> TrialSubmit.Result {
        let sandbox = SandboxTask(request: request)
        let files = try sandbox.files()
        let library = services.tasks
        let task = try await onOwnThread { try library.add(files, name: sandbox.name) }
        try await store.recordTask(
            digest: task.digest.text,
            name: task.definition.name,
            path: sandbox.name,
            warnings: task.warnings.map(\.message),
            owner: caller.user
        )
        let configuration = TrialConfiguration(
            taskDigest: task.digest.text,
            taskName: task.definition.name,
            taskPath: sandbox.name,
            agent: AgentSpec(kind: .session, label: request.agent),
            image: sandbox.override,
            verifierMode: .none,
            allowUnenforced: request.allowUnenforced ?? false
        )
        return try await trials.submit(
            TrialSubmit.Params(configuration: configuration, templates: sandbox.templates, job: job),
            owner: caller.user
        )
    }

    private func join(_ params: SessionJoin.Params, _ caller: Caller) async throws -> SessionInfo {
        var live: LiveSession
        if let name = params.trial, caller.session == nil {
            let trial = try await store.resolve(name, visibleTo: caller.visibleOwner)
            guard let found = try await actedIn(trial) else {
                if let ended = sessions.ended(where: { $0.trial == trial }) { throw ended.error }
                throw WireError(
                    .sessionEnded,
                    "nobody acts in trial \(trial): it is \(try await store.summary(trial).phase.rawValue)",
                    remedy: "join while its agent acts; executorctl show \(trial)"
                )
            }
            live = found
        } else {
            live = try sessions.session(params.session, for: caller)
        }
        var info = live.info
        info.job = try await store.summary(live.trial).job ?? ""
        return info
    }

    /// The session of a trial; between two steps, that of the next one as soon as it begins.
    private func actedIn(_ trial: String) async throws -> LiveSession? {
        // Asked for first: it may begin meanwhile.
        let next = sessions.expect(trial)
        if let found = sessions.session(ofTrial: trial) { return found }
        let detail = try await store.detail(trial)
        guard detail.steps != nil, !detail.summary.phase.isTerminal else { return nil }
        for await following in next { return following }
        return nil
    }

    // MARK: Ending

    private func submit(
        _ params: SessionSubmit.Params,
        _ caller: Caller,
        _ passed: [SharedDescriptor]
    ) async throws -> SessionEnd {
        let live = try sessions.session(params.session, for: caller)
        guard passed.isEmpty || caller.session == nil else {
            throw WireError(.forbidden, "files about an agent come from outside", remedy: "write them to /logs/agent")
        }
        if let files = passed.first?.take() {
            let place = live.files
            let raw = files.raw
            try await onOwnThread { try place.keep(from: raw) }
        }
        // Asked for before it can begin: it is told once.
        let next = live.isLast || live.isSubmitted ? nil : sessions.expect(live.trial)
        if !live.end(.submitted(params.exception)), let ended = live.ended { throw ended.error }
        guard let next else { return try await end(of: live) }
        for await following in next {
            let summary = try await store.summary(live.trial)
            var info = following.info
            info.job = summary.job ?? ""
            return SessionEnd(summary: summary, verdict: nil, next: info)
        }
        return try await end(of: live)
    }

    private func close(_ params: SessionReference, _ caller: Caller) async throws -> SessionEnd {
        let live = try sessions.session(params.session, for: caller)
        if live.isVerified || !live.isLast {
            try await trials.cancel(live.trial)
        } else {
            live.end(.closed)
        }
        return try await end(of: live)
    }

    private func end(of live: LiveSession) async throws -> SessionEnd {
        let summary = try await trials.wait(live.trial)
        return SessionEnd(summary: summary, verdict: try await store.detail(live.trial).verdict)
    }
}

extension SessionRegistry {
    /// The session that a call names, if its caller may act in it; inside a sandbox that is the only one.
    func session(_ token: String?, for caller: Caller) throws(WireError) -> LiveSession {
        if let own = caller.session {
            guard token == nil || token == own.token else {
                throw WireError(.forbidden, "this socket reaches the session of its own sandbox only")
            }
            return own
        }
        guard let token else { throw WireError(.invalidParams, "'session' is missing") }
        // Of another's session not even the existence is told.
        func isTheirs(_ owner: UInt32) -> Bool { caller.isAdministrator || owner == caller.user }
        if let live = session(token: token), isTheirs(live.owner) { return live }
        if let ended = ended(where: { $0.token == token }), isTheirs(ended.owner) { throw ended.error }
        throw WireError(
            .notFound,
            "no such session",
            remedy: "sessions end with the connection that opened them, and when they are submitted"
        )
    }
}
