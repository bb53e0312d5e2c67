import Client
import Glibc
import Wire

/// Connects the caller's terminal with one in a sandbox.
struct TerminalRelay {
    let connection: Connection
    let session: SessionInfo

    /// Runs a program there until it has ended; its exit status.
    func run(_ argv: [String], user: String?) throws -> CInt {
        let size = Self.size()
        let started = try connection.call(
            ActionStart.self,
            ProgramRequest(
                session: session.session,
                argv: argv,
                environment: ["TERM": getenv("TERM").map { String(cString: $0) } ?? "xterm"],
                user: user,
                live: true,
                terminal: size
            )
        )
        let raw = RawTerminal(STDIN_FILENO)
        defer { raw?.restore() }
        return try relay(started.action, size)
    }

    private func relay(_ action: Int, _ first: TerminalSize) throws -> CInt {
        let end = try connection.begin(ActionWait.self, .init(session: session.session, action: action))
        var inputs: [Connection.Pending<ActionInput>] = []
        var (size, isInputOpen, printed) = (first, true, 0)
        while true {
            for data in try connection.received(ActionData.self) where data.action == action {
                print(data.piece.content.bytes)
                printed = data.piece.offset + data.piece.content.bytes.count
            }
            if let outcome = try connection.answer(to: end) {
                try printRest(of: action, from: printed)
                return CInt(outcome.exit.shellStatus ?? 1)
            }
            // Refused input is no reason to go: the program has just ended.
            inputs = try inputs.filter { pending in
                do {
                    return try connection.answer(to: pending) == nil
                } catch ClientError.refused {
                    return false
                }
            }
            var waits = [connection.descriptor, isInputOpen ? STDIN_FILENO : -1].map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            // A new size interrupts nothing here: it is looked for.
            _ = poll(&waits, 2, 250)
            let now = Self.size()
            if now != size {
                size = now
                _ = try connection.begin(
                    ActionResize.self,
                    .init(session: session.session, action: action, rows: now.rows, columns: now.columns)
                )
            }
            if waits[0].revents != 0 { try connection.receive() }
            if waits[1].revents != 0 { inputs += try typed(action, &isInputOpen) }
        }
    }

    private func typed(_ action: Int, _ isOpen: inout Bool) throws -> [Connection.Pending<ActionInput>] {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(STDIN_FILENO, &bytes, bytes.count)
        if count < 0 && errno == EINTR { return [] }
        isOpen = count > 0
        let params = ActionInput.Params(
            session: session.session,
            action: action,
            content: count > 0 ? ByteContent(Array(bytes[..<count])) : nil,
            end: count > 0 ? nil : true
        )
        return [try connection.begin(ActionInput.self, params)]
    }

    /// What came after the last piece that was told.
    private func printRest(of action: Int, from offset: Int) throws {
        var next: Int? = offset
        while let start = next {
            let piece = try connection.call(
                ActionOutput.self,
                .init(session: session.session, action: action, offset: start)
            )
            print(piece.content.bytes)
            next = piece.content.bytes.isEmpty ? nil : piece.nextOffset
        }
    }

    private func print(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR else { return }
            rest = rest.dropFirst(max(0, count))
        }
    }

    /// The caller's terminal's; 24 by 80 where there is none.
    private static func size() -> TerminalSize {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0, size.ws_col > 0 else {
            return TerminalSize(rows: 24, columns: 80)
        }
        return TerminalSize(rows: Int(size.ws_row), columns: Int(size.ws_col))
    }
}

/// A terminal that passes every key on, until it is restored; see termios(3), cfmakeraw.
private struct RawTerminal {
    private let descriptor: CInt
    private let before: termios

    /// nil when it is no terminal.
    init?(_ descriptor: CInt) {
        var settings = termios()
        guard tcgetattr(descriptor, &settings) == 0 else { return nil }
        before = settings
        self.descriptor = descriptor
        cfmakeraw(&settings)
        tcsetattr(descriptor, TCSAFLUSH, &settings)
    }

    func restore() {
        var settings = before
        tcsetattr(descriptor, TCSAFLUSH, &settings)
    }
}
