import CLinux
import Glibc
import Linux
import SandboxPlan

/// What pid 1 does once the sandbox stands: runs programs as asked, reaps everything, tells the daemon.
struct InitLoop {
    let control: CInt
    /// First process of each action, and of each file request, by pid.
    private var actions: [pid_t: UInt32] = [:]
    /// Those of them that are programs.
    private var programs: Set<pid_t> = []
    /// The program after which there is nothing left to do.
    private var last: pid_t?
    private var watch: LayerWatch
    /// Something other than a program may have changed the layers since the last look.
    private var hasOtherChanges = true
    /// More than one program ran since the last look.
    private var sharesChanges = false
    /// Those of them that have not executed their program yet; nobody waits for them.
    private var starting: [pid_t: StartingProgram] = [:]
    /// Children that serve a request by themselves (`collect`); their end is nobody's business.
    private let children: CInt

    init(control: CInt, layers: [WatchedLayer]) {
        self.control = control
        watch = LayerWatch(layers)
        children = clinux_child_signal_descriptor()
    }

    /// Until the daemon closes its end; the exit of pid 1 kills everything else in the namespace.
    consuming func run() -> Never {
        guard children >= 0 else { _exit(1) }
        var loop = self
        while true {
            let starting = Array(loop.starting.values)
            var polled = ([loop.control, loop.children] + starting.map(\.status)).map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            guard poll(&polled, nfds_t(polled.count), -1) >= 0 || errno == EINTR else { _exit(1) }
            for (start, status) in zip(starting, polled[2...]) where status.revents != 0 { loop.finishStart(start.pid) }
            if polled[1].revents != 0 { loop.reap() }
            if polled[0].revents != 0 {
                guard let message = receiveMessage(loop.control) else { _exit(0) }
                loop.answer(message)
                for descriptor in message.descriptors { _ = close(descriptor) }
            }
        }
    }

    /// See `Launcher.rehearse`.
    static func rehearse(_ request: ControlRequest) {
        var loop = InitLoop(control: -1, layers: [])
        loop.actions[0] = 0
        loop.programs.insert(0)
        loop.starting[0] = StartingProgram(pid: 0, status: -1)
        _ = Array(loop.starting.values)
        _ = ([loop.control, loop.children] + [0]).map { pollfd(fd: $0, events: 0, revents: 0) }
        _ = loop.decode(ReceivedMessage(bytes: request.encoded(), descriptors: []))
        let changes = loop.watch.look()
        _ = ControlEvent.exited(id: 0, code: 0, signaled: false, full: shortage(), changes: changes).encoded()
        _ = close(loop.children)
    }

    private mutating func answer(_ message: ReceivedMessage) {
        guard let request = decode(message) else { _exit(1) }
        switch request {
        case .run(let id, let program, let joins, let isLast):
            let start = run(id, program, Array(message.descriptors.suffix(3 + joins)), joins: joins)
            if isLast { last = start }
        case .signal(let id, let number):
            guard let pid = actions.first(where: { $0.value == id })?.key else { return }
            // A child that has just been forked leads no group yet.
            if kill(-pid, number) != 0 { _ = kill(pid, number) }
        case .collect(_, let path, let limits):
            guard let sink = message.descriptors.last else { return }
            let child = fork()
            if child == 0 {
                watch.closeDescriptors()
                TreeCollector(sink: sink, limits: limits).collect(path)
                _exit(0)
            }
        case .file(let id, let request, let user, let directory):
            serve(id, request, user, directory, data: message.descriptors.last ?? -1)
        case .inspect(let id):
            let ports = listeningPorts()
            tell(.inspected(id: id, processes: UInt32(liveProcesses()), ports: ports, hasRoute: hasDefaultRoute()))
        }
    }

    /// A request longer than a socket message comes in a memfd, which is then the first descriptor.
    private func decode(_ message: ReceivedMessage) -> ControlRequest? {
        if !message.bytes.isEmpty && message.bytes != [0] { return try? ControlRequest(decoding: message.bytes) }
        guard let file = message.descriptors.first, let bytes = readAll(file) else { return nil }
        return try? ControlRequest(decoding: bytes)
    }

    /// The program's first process; nil when there is none.
    private mutating func run(_ id: UInt32, _ program: ProgramPlan, _ descriptors: [CInt], joins: Int) -> pid_t? {
        if programs.isEmpty, hasOtherChanges { _ = watch.look() }
        if programs.isEmpty { hasOtherChanges = false } else { sharesChanges = true }
        do throws(SetupFailure) {
            guard descriptors.count == 3 + joins else {
                throw SetupFailure(stage: .standardStreams, call: "descriptors", errno: EPROTO)
            }
            let start = try StartingProgram(
                program,
                id: id,
                streams: Array(descriptors[..<3]),
                joins: Array(descriptors[3...]),
                control: control
            )
            actions[start.pid] = id
            starting[start.pid] = start
            programs.insert(start.pid)
            return start.pid
        } catch {
            tell(.notStarted(id: id, error))
            return nil
        }
    }

    /// In a child, which says how it went; here only its end is seen.
    private mutating func serve(
        _ id: UInt32,
        _ request: FileRequest,
        _ user: ActingUser,
        _ directory: SandboxPath,
        data: CInt
    ) {
        // It answers before it ends: the next program may start before its end is seen.
        hasOtherChanges = true
        let child = fork()
        if child == 0 {
            watch.closeDescriptors()
            FileWorker(
                id: id,
                request: request,
                user: user,
                directory: directory,
                control: control,
                data: data
            ).run()
        }
        guard child > 0 else {
            return tell(.notStarted(id: id, SetupFailure(stage: .execute, call: "fork", errno: errno)))
        }
        actions[child] = id
    }

    /// The program has been executed, or will not be.
    private mutating func finishStart(_ pid: pid_t) {
        guard let start = starting.removeValue(forKey: pid), let id = actions[pid] else { return }
        guard let failure = start.failure() else { return tell(.started(id: id, pid: pid)) }
        actions[pid] = nil
        programs.remove(pid)
        if last == pid { last = nil }
        tell(.notStarted(id: id, failure))
    }

    private mutating func reap() {
        var buffer = [UInt8](repeating: 0, count: 1024)
        while read(children, &buffer, buffer.count) > 0 {}
        var outcome = clinux_exit()
        while clinux_reap(&outcome) == 1 {
            finishStart(outcome.pid)
            guard let id = actions.removeValue(forKey: outcome.pid) else { continue }
            tell(
                .exited(
                    id: id,
                    code: outcome.code,
                    signaled: outcome.signaled != 0,
                    full: Self.shortage(),
                    changes: changes(after: outcome.pid)
                )
            )
            if outcome.pid == last { _exit(0) }
        }
    }

    /// What changed in the layers while a program ran; file requests say themselves what they change.
    private mutating func changes(after pid: pid_t) -> LayerChanges? {
        guard programs.remove(pid) != nil else {
            hasOtherChanges = true
            return nil
        }
        defer { sharesChanges = !programs.isEmpty }
        guard var changes = watch.look() else { return nil }
        changes.isShared = sharesChanges
        return changes
    }

    /// Of the layer's file system, which an overlay's numbers are; see statvfs(3).
    private static func shortage() -> LayerShortage {
        var space = statvfs()
        guard statvfs("/", &space) == 0 else { return [] }
        var shortage: LayerShortage = []
        if space.f_bavail == 0 { shortage.insert(.bytes) }
        // What counts no inodes has none in all.
        if space.f_files > 0, space.f_favail == 0 { shortage.insert(.inodes) }
        return shortage
    }

    private func tell(_ event: ControlEvent) {
        // A daemon that is gone is seen at the next receive.
        _ = sendMessage(control, event.encoded(), [])
    }
}
