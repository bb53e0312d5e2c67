import CLinux
import FoundationEssentials
import Glibc
import Images
import Linux
import Reactor
import Sandbox
import Skills
import Synchronization
import Tasks
import Trajectory
import Wire

/// The daemon put together: everything that lives as long as the process, and its end.
final class Daemon: Sendable {
    /// Who runs it, and when it ends.
    enum Mode: String, Sendable {
        case system, user, embedded
    }

    /// What whoever started the daemon is told.
    enum Phase: Sendable {
        /// Clients are answered at this path.
        case serving(socket: String)
        case stopping(drains: Bool)
    }

    let mode: Mode
    let configuration: Configuration
    let services: TrialServices
    let trials: TrialService
    let startedAt = ContinuousClock().now
    private let reactor: Reactor
    private let server = Mutex<Server?>(nil)
    private let stopRequests: AsyncStream<Bool>
    private let stopRequest: AsyncStream<Bool>.Continuation

    /// Opens the store, starts the launcher, settles what an earlier daemon left; nothing is served yet.
    static func start(_ configuration: Configuration, mode: Mode) async throws -> Daemon {
        let reactor = try Reactor.start()
        let store = try Store.open(directory: configuration.state)
        // Records, outputs and layers of everybody lie here, and nobody but the daemon reads them.
        guard chmod(configuration.state, 0o700) == 0 else {
            throw WireError(.storageFailed, "chmod \(configuration.state): errno \(errno)")
        }
        // The store's lock is ours: nobody else uses this state, whatever is left in its name is from the dead.
        let instance = configuration.instance
        let killed = CgroupTree.sweep(instance: instance)
        if killed > 0 { Log.warning("killed \(killed) processes that an earlier daemon left") }
        Leftovers(state: configuration.state).remove()
        let cgroups = try CgroupTree.open(instance: instance)
        let spawner = try Spawner.start()
        let host = try await startHost(configuration, spawner, reactor)
        let hostImage = try HostImage.prepare(in: configuration.state + "/images")
        let imageStore = try await ImageStore.open(
            directory: configuration.state + "/images/store",
            host: host,
            base: hostImage
        )
        let images = ImageLibrary(
            host: hostImage,
            aliases: configuration.aliases,
            store: imageStore,
            registries: RegistryFetch(
                allowed: configuration.registries,
                store: imageStore,
                spawner: spawner,
                reactor: reactor,
                scratch: configuration.state + "/scratch"
            )
        )
        let services = TrialServices(
            store: store,
            host: host,
            cgroups: cgroups,
            profiles: try Profiles(),
            tasks: try TaskLibrary(directory: configuration.state + "/tasks"),
            images: images,
            defaults: configuration.limits,
            capacity: configuration.admission,
            network: networkOffer(configuration.network),
            verifierTools: configuration.verifierTools,
            builds: configuration.builds,
            library: try await openLibrary(configuration),
            shelf: try SkillShelf(
                directory: configuration.state + "/skills/trees",
                scratch: configuration.state + "/scratch"
            ),
            skillOpenings: try SkillOpenings(),
            distillers: configuration.distillers,
            distillerAfterJob: configuration.distillerAfterJob,
            skillsPath: configuration.skillsPath,
            administrators: Administrators(group: configuration.administratorGroupID),
            prepared: PreparedSandboxes(host: host, cgroups: cgroups)
        )
        if let tools = configuration.verifierTools, images.store.hold(tools, by: "the start") == nil {
            Log.warning(
                "verifier.tools is '\(tools)', which is not in the store: no task can be verified without a network"
            )
        }
        if Double(configuration.concurrency) > configuration.admission.processors {
            Log.warning(
                "concurrency is \(configuration.concurrency), but trials of one processor each fill admission.processors, "
                    + "which is \(configuration.admission.processors)"
            )
        }
        let daemon = Daemon(mode, configuration, services, reactor)
        try await daemon.trials.recover()
        await services.prepared.open { [trials = daemon.trials] in await trials.hasRoom(for: $0) }
        return daemon
    }

    private static func openLibrary(_ configuration: Configuration) async throws -> SkillLibrary {
        let directory = configuration.state + "/skills"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        return try SkillLibrary.open(path: directory + "/library.db")
    }

    /// What the settings give, with what this host lacks for it.
    private static func networkOffer(_ settings: NetworkOffer) -> NetworkOffer {
        var offer = settings
        offer.obstacle = PublicNetwork.obstacle().map { NetworkOffer.Obstacle(why: $0.why, remedy: $0.remedy) }
        return offer
    }

    private static func startHost(
        _ configuration: Configuration,
        _ spawner: Spawner,
        _ reactor: Reactor
    ) async throws -> SandboxHost {
        let mounts = configuration.state + "/mounts"
        let adopted = configuration.state + "/adopted"
        for path in [
            mounts, mounts + "-images", adopted, configuration.state + "/images", configuration.state + "/scratch",
        ] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        do {
            return try await SandboxHost.start(
                program: configuration.launcher,
                mounts: mounts,
                adopted: adopted,
                supplied: configuration.state + "/images",
                identities: .find(),
                spawner: spawner,
                reactor: reactor
            )
        } catch {
            let remedies = HostProbe(stateDirectory: configuration.state, cgroups: nil).findings().compactMap {
                $0.status == .missing && $0.cost == HostProbe.noSandbox ? $0.remedy : nil
            }
            let hint = remedies.isEmpty ? "" : "; try: " + remedies.joined(separator: "; ")
            throw WireError(.sandboxFailed, "\(error)\(hint)")
        }
    }

    private init(_ mode: Mode, _ configuration: Configuration, _ services: TrialServices, _ reactor: Reactor) {
        self.mode = mode
        self.configuration = configuration
        self.services = services
        self.reactor = reactor
        trials = TrialService(services: services, concurrency: configuration.concurrency)
        (stopRequests, stopRequest) = AsyncStream<Bool>.makeStream(bufferingPolicy: .bufferingOldest(4))
    }

    var connections: Int { server.withLock { $0?.connections ?? 0 } }

    var identityText: String {
        switch services.host.identities.source {
        case .ranges, .shared: "range"
        case .single: "single"
        }
    }

    /// Ends the daemon: after the running trials (`drain`), or with them.
    ///
    /// A second request never waits.
    func requestStop(drain: Bool) {
        stopRequest.yield(drain)
    }

    /// Serves until asked to stop, by a call, a signal or, embedded, by having nothing left to do.
    ///
    /// `socket` listens already, and serves instead of that of the settings; `signals` is the descriptor that SIGTERM and
    /// its like are read from; `report` is called once for each phase.
    func serve(socket: CInt?, signals: CInt, report: (Phase) -> Void) async throws {
        let (listener, path) = try listen(socket)
        let administrators = services.administrators
        let server = Server(listener: listener, routes: routes, limit: 4096) { peer, connection in
            Caller(user: peer.user, isAdministrator: administrators.include(peer), connection: connection)
        }
        self.server.withLock { $0 = server }
        report(.serving(socket: path))
        let accepting = Task(name: "accept") {
            try await server.run { trials in
                for trial in trials { await self.trials.abandoned(trial) }
            }
        }
        let watching = Task(name: "signals") { await self.watch(signals) }
        let idling = mode == .embedded ? Task(name: "idle") { await self.stopWhenIdle(server) } : nil
        await untilStopped(report)
        idling?.cancel()
        watching.cancel()
        server.stop()
        accepting.cancel()
        _ = try? await accepting.value
        await services.prepared.close()
        services.cgroups.close()
        try await services.store.close()
    }

    private func listen(_ socket: CInt?) throws -> (listener: UnixListener, path: String) {
        guard let socket else {
            let path = configuration.socket
            return (try .bind(path: path, mode: configuration.socketMode, reactor: reactor), path)
        }
        let handed = OwnedDescriptor(adopting: socket)
        let path = UnixAddress.path(of: handed.raw) ?? "the service manager's socket"
        return (try .adopt(handed, reactor: reactor), path)
    }

    private var routes: [Route] {
        DaemonRoutes(daemon: self).routes + trialRoutes + libraryRoutes + sessionRoutes.routes + actionRoutes
    }

    private var scratch: String { configuration.state + "/scratch" }

    /// Tasks, trials, jobs.
    private var trialRoutes: [Route] {
        let store = services.store
        let ofTasks = TaskRoutes(trials: trials, store: store, tasks: services.tasks).routes
        let ofTrials = TrialRoutes(
            trials: trials,
            store: store,
            tasks: services.tasks,
            feed: services.feed,
            scratch: scratch,
            meter: services.meter
        ).routes
        let collector = Collector(
            store: store,
            tasks: services.tasks,
            shelf: services.shelf,
            images: services.images.store,
            policy: configuration.retention
        )
        return ofTasks + ofTrials + JobRoutes(trials: trials, services: services, collector: collector).routes
    }

    /// Skills and images, and sandboxes of no trial.
    private var libraryRoutes: [Route] {
        let ofSkills =
            SkillRoutes(services: services).routes + SkillLibraryRoutes(services: services, trials: trials).routes
        let ofImages = ImageRoutes(services: services, scratch: scratch).routes
        let isPrivate = mode != .system
        return ofSkills + ofImages
            + SandboxRoutes(services: services, ownUser: geteuid(), isPrivate: isPrivate).routes
    }

    private var sessionRoutes: SessionRoutes {
        SessionRoutes(trials: trials, services: services) { [self] in
            DaemonRoutes(daemon: self).innerRoutes + sessionRoutes.actingRoutes + actionRoutes
        }
    }

    private var actionRoutes: [Route] {
        ActionRoutes(sessions: services.sessions, store: services.store).routes
            + FileRoutes(sessions: services.sessions).routes
    }

    /// The first request decides how the trials end; a second one ends them at once.
    private func untilStopped(_ report: (Phase) -> Void) async {
        var requests = stopRequests.makeAsyncIterator()
        let drain = await requests.next() ?? false
        report(.stopping(drains: drain))
        let trials = trials
        let stopping = Task { await trials.stop(drain: drain) }
        if drain {
            let hurry = Task { [stopRequests] in
                for await _ in stopRequests { await trials.stop(drain: false) }
            }
            await stopping.value
            hurry.cancel()
        } else {
            await stopping.value
        }
    }

    /// SIGTERM drains, a second one does not wait; see docs/operations.md.
    private func watch(_ signals: CInt) async {
        for await _ in reactor.readiness(of: signals) {
            while true {
                let number = clinux_next_signal(signals)
                guard number != 0 else { break }
                Log.info("signal \(number): stopping")
                requestStop(drain: mode == .system && number == SIGTERM)
            }
        }
    }

    /// An embedded daemon lives for its clients and their trials.
    private func stopWhenIdle(_ server: Server) async {
        var idle = 0
        while (try? await Task.sleep(for: .milliseconds(100))) != nil {
            let isBusy = await trials.isBusy
            idle = server.connections > 0 || isBusy || !server.hasServed ? 0 : idle + 1
            if idle >= 3 { return requestStop(drain: false) }
        }
    }
}
