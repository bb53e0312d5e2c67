/// What the daemon asks of a sandbox's pid 1, over the control socket.
package enum ControlRequest: Sendable, Hashable {
    /// Runs a program. Descriptors: stdin, stdout, stderr, then `joins` cgroup files to write "0" to. After the last one
    /// pid 1 ends by itself, and with it the sandbox.
    case run(id: UInt32, ProgramPlan, joins: Int, isLast: Bool)
    /// Sends a signal to an action's process group: its first process is the leader of a session.
    case signal(id: UInt32, number: Int32)
    /// Writes the tree at `path` as `TreeEntry` records into the one descriptor passed.
    case collect(id: UInt32, path: String, limits: TreeLimits)
    /// Counts processes and lists listening TCP ports.
    case inspect(id: UInt32)
    /// Does something with files in a child; descriptors: what the request says.
    case file(id: UInt32, FileRequest, ActingUser, directory: SandboxPath)

    package func encoded() -> [UInt8] {
        var writer = ByteWriter()
        switch self {
        case .run(let id, let program, let joins, let isLast):
            writer.integer(UInt8(1))
            writer.integer(id)
            program.write(to: &writer)
            writer.integer(UInt32(joins))
            writer.flag(isLast)
        case .signal(let id, let number):
            writer.integer(UInt8(2))
            writer.integer(id)
            writer.integer(number)
        case .collect(let id, let path, let limits):
            writer.integer(UInt8(3))
            writer.integer(id)
            writer.string(path)
            limits.write(to: &writer)
        case .inspect(let id):
            writer.integer(UInt8(4))
            writer.integer(id)
        case .file(let id, let request, let user, let directory):
            writer.integer(UInt8(5))
            writer.integer(id)
            request.write(to: &writer)
            user.write(to: &writer)
            directory.write(to: &writer)
        }
        return writer.bytes
    }

    package init(decoding bytes: [UInt8]) throws(CodecError) {
        var reader = ByteReader(bytes)
        switch try reader.integer(UInt8.self) {
        case 1:
            let id = try reader.integer(UInt32.self)
            let program = try ProgramPlan.read(from: &reader)
            let joins = Int(try reader.integer(UInt32.self))
            self = .run(id: id, program, joins: joins, isLast: try reader.flag())
        case 2: self = .signal(id: try reader.integer(), number: try reader.integer())
        case 3:
            self = .collect(
                id: try reader.integer(),
                path: try reader.string(),
                limits: try TreeLimits.read(from: &reader)
            )
        case 4: self = .inspect(id: try reader.integer())
        case 5:
            self = .file(
                id: try reader.integer(),
                try FileRequest.read(from: &reader),
                try ActingUser.read(from: &reader),
                directory: try SandboxPath.read(from: &reader)
            )
        default: throw .badValue("control request")
        }
        try reader.finish()
    }
}

/// What a writable layer has nothing left of.
package struct LayerShortage: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let bytes = LayerShortage(rawValue: 1)
    package static let inodes = LayerShortage(rawValue: 2)
}

/// What pid 1 says, over the control socket.
package enum ControlEvent: Sendable, Hashable {
    /// The sandbox stands; sent once, first. Descriptors: what the plan's network says.
    case ready(SetupTimes)
    /// It does not; pid 1 exits after this.
    case setupFailed(SetupFailure)
    /// The action has this terminal; the descriptor of its controlling side comes along, before `started`.
    case terminal(id: UInt32)
    /// The action's filter asks about the calls it refuses; the descriptor on which it does comes along, before `started`.
    case asking(id: UInt32)
    /// The action's program has been executed.
    case started(id: UInt32, pid: Int32)
    /// The action's program could not be executed.
    case notStarted(id: UInt32, SetupFailure)
    /// The action's first process ended: exit status or signal number; what the layer has no more of; and what changed in
    /// it, which is nil after a file request and in a layer too large to look at.
    case exited(id: UInt32, code: Int32, signaled: Bool, full: LayerShortage, changes: LayerChanges?)
    /// Answer to `inspect`: live processes besides pid 1, listening TCP ports, whether there is a route out.
    case inspected(id: UInt32, processes: UInt32, ports: [UInt16], hasRoute: Bool)
    /// A file request went well; `exited` follows, as it does after every child.
    case answered(id: UInt32, FileReply)
    case fileFailed(id: UInt32, FileFailure)

    package func encoded() -> [UInt8] {
        var writer = ByteWriter()
        switch self {
        case .ready(let times):
            writer.integer(UInt8(1))
            times.write(to: &writer)
        case .setupFailed(let failure):
            writer.integer(UInt8(2))
            failure.write(to: &writer)
        case .started(let id, let pid):
            writer.integer(UInt8(3))
            writer.integer(id)
            writer.integer(pid)
        case .notStarted(let id, let failure):
            writer.integer(UInt8(4))
            writer.integer(id)
            failure.write(to: &writer)
        case .exited(let id, let code, let signaled, let full, let changes):
            writer.integer(UInt8(5))
            writer.integer(id)
            writer.integer(code)
            writer.flag(signaled)
            writer.integer(full.rawValue)
            writer.optional(changes) { $1.write(to: &$0) }
        case .inspected(let id, let processes, let ports, let hasRoute):
            writer.integer(UInt8(6))
            writer.integer(id)
            writer.integer(processes)
            writer.list(ports) { $0.integer($1) }
            writer.flag(hasRoute)
        case .terminal(let id):
            writer.integer(UInt8(7))
            writer.integer(id)
        case .asking(let id):
            writer.integer(UInt8(10))
            writer.integer(id)
        case .answered(let id, let reply):
            writer.integer(UInt8(8))
            writer.integer(id)
            reply.write(to: &writer)
        case .fileFailed(let id, let failure):
            writer.integer(UInt8(9))
            writer.integer(id)
            failure.write(to: &writer)
        }
        return writer.bytes
    }

    package init(decoding bytes: [UInt8]) throws(CodecError) {
        var reader = ByteReader(bytes)
        switch try reader.integer(UInt8.self) {
        case 1: self = .ready(try SetupTimes.read(from: &reader))
        case 2: self = .setupFailed(try SetupFailure.read(from: &reader))
        case 3: self = .started(id: try reader.integer(), pid: try reader.integer())
        case 4: self = .notStarted(id: try reader.integer(), try SetupFailure.read(from: &reader))
        case 5:
            self = .exited(
                id: try reader.integer(),
                code: try reader.integer(),
                signaled: try reader.flag(),
                full: LayerShortage(rawValue: try reader.integer()),
                changes: try reader.optional { reader throws(CodecError) in try LayerChanges.read(from: &reader) }
            )
        case 6:
            self = .inspected(
                id: try reader.integer(),
                processes: try reader.integer(),
                ports: try reader.list { reader throws(CodecError) in try reader.integer() },
                hasRoute: try reader.flag()
            )
        case 7: self = .terminal(id: try reader.integer())
        case 8: self = .answered(id: try reader.integer(), try FileReply.read(from: &reader))
        case 9: self = .fileFailed(id: try reader.integer(), try FileFailure.read(from: &reader))
        case 10: self = .asking(id: try reader.integer())
        default: throw .badValue("control event")
        }
        try reader.finish()
    }
}
