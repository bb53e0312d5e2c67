import Glibc
import Linux
import Testing
import Wire

/// A program of `executorctl` that a test talks with, over pipes or over a terminal.
final class TalkingProgram {
    private let program: Program
    private let source: CInt
    private var sink: CInt
    /// What has been read and not yet taken.
    private var unread: [UInt8] = []

    /// `source` and `sink` become its own to close.
    private init(_ program: Program, source: CInt, sink: CInt) {
        self.program = program
        self.source = source
        self.sink = sink
    }

    deinit {
        finish()
        close(source)
        program.kill()
    }

    static func overPipes(_ station: Station, _ arguments: [String]) async throws -> TalkingProgram {
        let (toProgram, fromProgram) = (try TestPipe(), try TestPipe())
        let program = try await start(station, arguments, toProgram.readEnd, fromProgram.writeEnd)
        return TalkingProgram(program, source: copy(fromProgram.readEnd), sink: copy(toProgram.writeEnd))
    }

    private static func copy(_ descriptor: CInt) -> CInt { fcntl(descriptor, F_DUPFD_CLOEXEC, 3) }

    /// In a terminal of 24 rows and 80 columns; see pty(7) and ioctl_tty(2).
    static func inTerminal(_ station: Station, _ arguments: [String]) async throws -> TalkingProgram {
        let (unlock, getNumber) = (UInt(0x4004_5431), UInt(0x8004_5430))
        let master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        let owner = OwnedDescriptor(adopting: master)
        var (isLocked, number): (CInt, CInt) = (0, 0)
        try #require(ioctl(master, unlock, &isLocked) == 0 && ioctl(master, getNumber, &number) == 0)
        let slave = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
        try #require(slave >= 0)
        defer { close(slave) }
        try resize(master, rows: 24, columns: 80)
        let program = try await start(station, arguments, slave, slave)
        return TalkingProgram(program, source: owner.release(), sink: copy(master))
    }

    private static func start(
        _ station: Station,
        _ arguments: [String],
        _ input: CInt,
        _ output: CInt
    ) async throws -> Program {
        try await Program.start(
            Built.executorctl,
            arguments,
            environment: ["EXECUTORD_SOCKET": station.socket],
            talking: (input, output)
        )
    }

    private static func resize(_ master: CInt, rows: Int, columns: Int) throws {
        var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        try #require(ioctl(master, UInt(TIOCSWINSZ), &size) == 0)
    }

    func resize(rows: Int, columns: Int) throws { try Self.resize(source, rows: rows, columns: columns) }

    func say(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(sink, $0.baseAddress, $0.count) }
            guard count > 0 else {
                Issue.record("it does not take what it is told")
                return
            }
            rest = rest.dropFirst(count)
        }
    }

    /// Says nothing more.
    func finish() {
        if sink >= 0 { close(sink) }
        sink = -1
    }

    /// Reads until `text` has come and takes all up to its end; an issue when it does not come in 20 s.
    @discardableResult
    func hear(until text: String) throws -> String {
        let wanted = Array(text.utf8)
        while true {
            if let range = unread.firstRange(of: wanted) {
                defer { unread.removeSubrange(..<range.upperBound) }
                return String(decoding: unread[..<range.upperBound], as: UTF8.self)
            }
            guard try more() else {
                Issue.record("'\(text)' never came, but '\(String(decoding: unread, as: UTF8.self))' \(program.errors)")
                throw SystemError(call: "read", code: EPIPE)
            }
        }
    }

    /// False at the end; a terminal's end is an EIO.
    private func more() throws -> Bool {
        var wait = pollfd(fd: source, events: Int16(POLLIN), revents: 0)
        try #require(poll(&wait, 1, 20_000) > 0, "silent for 20 s after '\(String(decoding: unread, as: UTF8.self))'")
        var bytes = [UInt8](repeating: 0, count: 65536)
        let count = read(source, &bytes, bytes.count)
        if count > 0 { unread += bytes[..<count] }
        return count > 0
    }

    /// Waits for its end; `rest` is all that it said before.
    func end() async throws -> (status: Int, rest: String, errors: String) {
        while try more() {}
        let outcome = try await program.end()
        return (outcome.status, String(decoding: unread, as: UTF8.self), outcome.errors)
    }
}

/// What a program says by lines of JSON.
extension TalkingProgram {
    func say(_ message: JSONValue) throws { say(try Self.line(message)) }

    static func line(_ message: JSONValue) throws -> String {
        String(decoding: try WireJSON.encode(message), as: UTF8.self) + "\n"
    }

    func hear() throws -> JSONValue {
        try WireJSON.decode(JSONValue.self, from: Array(try hear(until: "\n").utf8.dropLast()))
    }
}
