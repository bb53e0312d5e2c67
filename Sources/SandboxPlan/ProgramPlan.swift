/// One program to run in a sandbox, with everything that confines it beyond the sandbox itself.
package struct ProgramPlan: Sendable, Hashable {
    /// `argv[0]` without a slash is looked up in the PATH of `environment`.
    package var argv: [String]
    /// The whole environment, as `NAME=value`.
    package var environment: [String]
    package var workingDirectory: String
    package var user: UserSelection
    /// Capabilities that stay, by number (see capabilities(7)); inside the user namespace only.
    package var capabilities: [UInt8]
    package var resourceLimits: [ResourceLimit]
    /// Compiled filter: an array of struct sock_filter.
    package var seccomp: [UInt8]
    /// The program gets a terminal of the sandbox's own for its streams, instead of the descriptors passed.
    package var terminal: TerminalSize?

    package init(
        argv: [String],
        environment: [String],
        workingDirectory: String,
        user: UserSelection,
        capabilities: [UInt8],
        resourceLimits: [ResourceLimit],
        seccomp: [UInt8],
        terminal: TerminalSize? = nil
    ) {
        self.argv = argv
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.user = user
        self.capabilities = capabilities
        self.resourceLimits = resourceLimits
        self.seccomp = seccomp
        self.terminal = terminal
    }

    func write(to writer: inout ByteWriter) {
        writer.list(argv) { $0.string($1) }
        writer.list(environment) { $0.string($1) }
        writer.string(workingDirectory)
        user.write(to: &writer)
        writer.data(capabilities)
        writer.list(resourceLimits) { writer, limit in
            writer.integer(limit.resource)
            writer.integer(limit.value)
        }
        writer.data(seccomp)
        writer.optional(terminal) { writer, size in
            writer.integer(size.rows)
            writer.integer(size.columns)
        }
    }

    static func read(from reader: inout ByteReader) throws(CodecError) -> ProgramPlan {
        let argv = try reader.list { reader throws(CodecError) in try reader.string() }
        let environment = try reader.list { reader throws(CodecError) in try reader.string() }
        let workingDirectory = try reader.string()
        let user = try UserSelection.read(from: &reader)
        let capabilities = try reader.data()
        let limits = try reader.list { reader throws(CodecError) in
            ResourceLimit(resource: try reader.integer(), value: try reader.integer())
        }
        guard !argv.isEmpty else { throw .badValue("argv") }
        return ProgramPlan(
            argv: argv,
            environment: environment,
            workingDirectory: workingDirectory,
            user: user,
            capabilities: capabilities,
            resourceLimits: limits,
            seccomp: try reader.data(),
            terminal: try reader.optional { reader throws(CodecError) in
                TerminalSize(rows: try reader.integer(), columns: try reader.integer())
            }
        )
    }
}

/// Who an action runs as, in ids of the sandbox.
package enum UserSelection: Sendable, Hashable {
    case ids(uid: UInt32, gid: UInt32)
    /// A name in the sandbox's own /etc/passwd, looked up by pid 1.
    case name(String)

    func write(to writer: inout ByteWriter) {
        switch self {
        case .ids(let uid, let gid):
            writer.integer(UInt8(1))
            writer.integer(uid)
            writer.integer(gid)
        case .name(let name):
            writer.integer(UInt8(2))
            writer.string(name)
        }
    }

    static func read(from reader: inout ByteReader) throws(CodecError) -> UserSelection {
        switch try reader.integer(UInt8.self) {
        case 1: return .ids(uid: try reader.integer(), gid: try reader.integer())
        case 2: return .name(try reader.string())
        default: throw .badValue("user")
        }
    }
}

/// The size of a terminal in characters.
package struct TerminalSize: Sendable, Hashable {
    package var rows: UInt16
    package var columns: UInt16

    package init(rows: UInt16, columns: UInt16) {
        self.rows = rows
        self.columns = columns
    }
}

/// One resource limit, soft and hard alike; see setrlimit(2).
package struct ResourceLimit: Sendable, Hashable {
    /// RLIMIT_… number.
    package var resource: Int32
    package var value: UInt64

    package init(resource: Int32, value: UInt64) {
        self.resource = resource
        self.value = value
    }
}
