import Glibc
import Linux
import Reactor
import SandboxPlan

extension RunningSandbox {
    /// Runs one program; on timeout, a limit or cancellation its whole tree is killed before this returns.
    package func run(_ action: SandboxAction) async throws(SandboxError) -> ActionResult {
        guard !action.background else { return try await start(action).result(.running) }
        let live = try request(action)
        live.startClock()
        return try await live.finished()
    }

    /// Starts one program; its limits hold whether or not anybody waits for it.
    ///
    /// A start that is cancelled ends the program, whose result then says so.
    package func start(_ action: SandboxAction) async throws(SandboxError) -> LiveAction {
        let live = try request(action)
        live.startClock()
        try await live.begun()
        return live
    }

    /// Asks for the start of a program; its time does not count yet.
    func request(_ action: SandboxAction) throws(SandboxError) -> LiveAction {
        let slot = try group?.takeSlot()
        do {
            return try send(action, slot)
        } catch {
            slot?.giveBack()
            throw error
        }
    }

    private func send(_ action: SandboxAction, _ slot: (any ActionSlot)?) throws(SandboxError) -> LiveAction {
        let streams = try ActionStreams(action, reactor: reactor)
        let joins = slot?.joinDescriptors ?? []
        let program = ProgramPlan(action, terminal: streams.terminal)
        let live = LiveAction(
            action,
            id: makeID(),
            sandbox: self,
            slot: slot,
            input: streams.input,
            stdout: streams.stdout,
            stderr: streams.stderr
        )
        try request(
            program,
            streams.descriptors + joins,
            joins: joins.count,
            isLast: action.isLast,
            for: live
        )
        for (capture, source) in streams.sources { fill(capture, from: source) }
        return live
    }
}

extension ProgramPlan {
    fileprivate init(_ action: SandboxAction, terminal: TerminalSize?) {
        self.init(
            argv: action.argv,
            environment: action.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" },
            workingDirectory: action.workingDirectory,
            user: action.user,
            capabilities: action.profile.capabilities,
            resourceLimits: action.resourceLimits,
            seccomp: action.profile.seccomp,
            terminal: terminal
        )
    }
}

/// The ends of an action's streams: theirs are closed here once they have been handed over, with this object.
private final class ActionStreams {
    /// What the program gets as 0, 1 and 2.
    private(set) var descriptors: [CInt] = []
    private(set) var input: ActionInput?
    private(set) var stdout: OutputCapture?
    private(set) var stderr: OutputCapture?
    /// Where the captures come from.
    private(set) var sources: [(OutputCapture, SharedDescriptor)] = []
    private(set) var terminal: TerminalSize?
    private var theirs: [SharedDescriptor] = []

    init(_ action: SandboxAction, reactor: Reactor) throws(SandboxError) {
        switch action.input {
        case .empty: descriptors = [try openNull()]
        case .descriptor(let descriptor): descriptors = [descriptor]
        case .pipe:
            let pipe = try SharedPipe()
            try pipe.writing.setNonblocking()
            descriptors = [try handOver(pipe.reading)]
            input = ActionInput(pipe.writing, isTerminal: false, reactor: reactor)
        }
        switch action.output {
        case .descriptors(let stdout, let stderr): descriptors += [stdout, stderr]
        case .captured(let head, let tail, let merged):
            let out = OutputCapture(head: head, tail: tail)
            stdout = out
            descriptors.append(try capture(out))
            if merged {
                descriptors.append(descriptors[1])
            } else {
                let error = OutputCapture(head: head, tail: tail)
                stderr = error
                descriptors.append(try capture(error))
            }
        case .terminal(let rows, let columns, let head, let tail):
            stdout = OutputCapture(head: head, tail: tail)
            let null = try openNull()
            descriptors = [null, null, null]
            input = nil
            terminal = TerminalSize(rows: UInt16(clamping: rows), columns: UInt16(clamping: columns))
        }
    }

    private func capture(_ capture: OutputCapture) throws(SandboxError) -> CInt {
        let pipe = try SharedPipe()
        try pipe.reading.setNonblocking()
        sources.append((capture, pipe.reading))
        return try handOver(pipe.writing)
    }

    private func handOver(_ end: SharedDescriptor) throws(SandboxError) -> CInt {
        guard let raw = end.raw else { throw .protocolBroken("pipe") }
        theirs.append(end)
        return raw
    }

    private func openNull() throws(SandboxError) -> CInt {
        let raw = open("/dev/null", O_RDWR | O_CLOEXEC)
        guard raw >= 0 else { throw .system(call: "open /dev/null", errno: errno) }
        return try handOver(SharedDescriptor(adopting: OwnedDescriptor(adopting: raw)))
    }
}
