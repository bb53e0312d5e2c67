import Client
import Glibc
import Linux
import Wire

/// A program of the caller's that acts through the socket and the token in its environment.
struct CommandAgent: OutsideAgent {
    let argv: [String]

    /// The most that is kept of what the program prints.
    private static let logBytes = 1 << 20

    var name: String { AgentNames.program(argv) }

    func act(
        in session: SessionInfo,
        through connection: Connection,
        socket: String,
        isOver: AgentEnd
    ) throws -> AgentReport {
        var pipe = try Pipe()
        guard let inside = pipe.writeEnd.take(), let outside = pipe.readEnd.take() else {
            throw OperationError(cause: "a pipe without ends")
        }
        let null = OwnedDescriptor(adopting: open("/dev/null", O_RDONLY | O_CLOEXEC))
        let child = try ChildProgram(
            argv,
            environment: AgentNames.environment(session, socket: socket),
            input: null.raw,
            output: inside.raw,
            error: inside.raw
        )
        _ = consume inside
        var log = BoundedLog(limit: Self.logBytes)
        let status = follow(child, outside.raw, &log, isOver)
        var report = AgentReport(files: ["command.log": log.bytes])
        if status != 0, !isOver.hasCome {
            report.failure = SessionSubmit.Failure(
                type: "NonZeroAgentExitCodeError",
                message: "\(name) ended with status \(status)"
            )
        }
        return report
    }

    /// Reads what it prints until it has ended; grandchildren that hold the pipe are not waited for.
    private func follow(_ child: ChildProgram, _ source: CInt, _ log: inout BoundedLog, _ isOver: AgentEnd) -> CInt {
        var isOpen = true
        while true {
            var wait = pollfd(fd: isOpen ? source : -1, events: Int16(POLLIN), revents: 0)
            // The end of a child is no event of a pipe's: it is looked for ten times a second, and at the pipe's end.
            _ = poll(&wait, 1, isOpen ? 100 : 10)
            if wait.revents != 0 { isOpen = log.read(source) }
            if let status = child.ended() {
                _ = fcntl(source, F_SETFL, O_NONBLOCK)
                while isOpen, log.read(source) {}
                return status
            }
            if isOver.hasCome { return child.stop() }
        }
    }
}

/// The first bytes of a stream, and that there were more.
struct BoundedLog {
    let limit: Int
    private(set) var bytes: [UInt8] = []
    private var isCut = false
    var hasEnded = false

    init(limit: Int) { self.limit = limit }

    /// Reads once; false at the end, or when nothing is there.
    mutating func read(_ source: CInt) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        let count = Glibc.read(source, &chunk, chunk.count)
        if count < 0 && errno == EINTR { return true }
        guard count > 0 else { return false }
        append(chunk[..<count])
        return true
    }

    mutating func append(_ piece: ArraySlice<UInt8>) {
        bytes += piece.prefix(limit - bytes.count)
        guard !isCut, bytes.count == limit else { return }
        isCut = true
        bytes += Array("\n[cut at \(limit) bytes]\n".utf8)
    }
}

/// How agents are named, and what they are told.
enum AgentNames {
    /// `agent.py` of `python3 examples/agent.py`.
    static func program(_ argv: [String]) -> String {
        let words = argv.filter { !$0.hasPrefix("-") }
        let interpreters = ["python3", "python", "sh", "bash", "node", "env", "uv", "npx", "uvx"]
        let names = words.map { $0.split(separator: "/").last.map(String.init) ?? $0 }
        let own = names.first { !interpreters.contains($0) } ?? names.first ?? "command"
        return own.isEmpty || own.utf8.count > 64 || own.contains(" ") ? "command" : own
    }

    /// The variables by which a program finds its session.
    static func environment(_ session: SessionInfo, socket: String) -> [String: String] {
        [
            "EXECUTORD_SOCKET": socket, "EXECUTORD_SESSION": session.session, "EXECUTORD_TRIAL": session.trial,
            "EXECUTORD_INSTRUCTION": session.instruction ?? "",
            "EXECUTORD_WORKDIR": session.workingDirectory,
        ].merging(session.step.map { ["EXECUTORD_STEP": $0.name] } ?? [:]) { _, step in step }
    }
}
