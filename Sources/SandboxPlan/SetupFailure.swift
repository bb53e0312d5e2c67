/// The step of setting up a sandbox or an action that failed, in the order in which the steps run.
package enum SetupStage: UInt16, Sendable, CaseIterable {
    case readPlan = 1
    case joinCgroup, unshare, identityMap, mapSource, fork, identity, session
    case mountPropagation, scratch, operation, pivotRoot, loopback, hostname, handshake
    case standardStreams, resourceLimits, workingDirectory, capabilities, user, noNewPrivileges, seccomp, execute
    case layer, adopt
    case terminal
    case proxy
    case routes, publicNetwork
    case readLayer

    /// The step in words, for messages.
    package var text: String {
        switch self {
        case .readPlan: "reading the plan"
        case .joinCgroup: "joining the cgroup"
        case .unshare: "making namespaces"
        case .identityMap: "writing the id maps"
        case .mapSource: "identity-mapping a layer"
        case .fork: "starting pid 1"
        case .identity: "becoming root inside"
        case .session: "making a session keyring"
        case .mountPropagation: "making mounts private"
        case .scratch: "mounting the scratch directory"
        case .operation: "building the file system"
        case .pivotRoot: "changing the root"
        case .loopback: "bringing loopback up"
        case .hostname: "setting the host name"
        case .handshake: "reporting readiness"
        case .standardStreams: "connecting the standard streams"
        case .resourceLimits: "setting resource limits"
        case .workingDirectory: "changing to the working directory"
        case .capabilities: "dropping capabilities"
        case .user: "changing the user"
        case .noNewPrivileges: "setting no_new_privs"
        case .seccomp: "installing the system-call filter"
        case .execute: "executing the program"
        case .layer: "making a writable layer"
        case .adopt: "changing the owner of files"
        case .terminal: "opening a terminal"
        case .proxy: "listening for the network proxy"
        case .routes: "closing routes to networks that are not public"
        case .publicNetwork: "starting pasta for the public network"
        case .readLayer: "reading a layer"
        }
    }
}

/// What `executord-init` says when a step fails: which step, which operation of the plan, which errno.
package struct SetupFailure: Error, Sendable, Hashable {
    package var stage: SetupStage
    /// Index into `Plan.operations` (stage `operation`) or `Plan.sources` (stage `mapSource`).
    package var index: Int
    /// The system call that failed.
    package var call: String
    package var errno: Int32

    package init(stage: SetupStage, index: Int = 0, call: String, errno: Int32) {
        self.stage = stage
        self.index = index
        self.call = call
        self.errno = errno
    }

    package func write(to writer: inout ByteWriter) {
        writer.integer(stage.rawValue)
        writer.integer(UInt32(index))
        writer.string(call)
        writer.integer(errno)
    }

    package static func read(from reader: inout ByteReader) throws(CodecError) -> SetupFailure {
        guard let stage = SetupStage(rawValue: try reader.integer(UInt16.self)) else { throw .badValue("stage") }
        return SetupFailure(
            stage: stage,
            index: Int(try reader.integer(UInt32.self)),
            call: try reader.string(),
            errno: try reader.integer()
        )
    }
}
