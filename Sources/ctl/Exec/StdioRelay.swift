import CommandLineKit
import Glibc
import Linux

/// Carries bytes between the caller's streams and a sandbox's pipes until its command has ended.
///
/// The caller's own descriptors never enter the sandbox: a terminal could be steered through them.
final class StdioRelay {
    /// A stream that comes out of the sandbox.
    private final class Outlet {
        private var readEnd: OwnedDescriptor?
        /// Bytes that may still be passed on.
        private var left: Int
        /// There was more than the limit.
        private(set) var isCut = false
        /// False when the bytes could not be passed on: then the sandbox learns it by a closed pipe.
        private let pass: ([UInt8], _ atEnd: Bool) -> Bool

        init(_ readEnd: consuming OwnedDescriptor, limit: Int, pass: @escaping ([UInt8], Bool) -> Bool) {
            self.readEnd = consume readEnd
            left = limit
            self.pass = pass
        }

        /// nil when closed.
        var raw: CInt? { readEnd?.raw }

        func readOnce() {
            guard let raw else { return }
            var bytes = [UInt8](repeating: 0, count: 1 << 16)
            let count = read(raw, &bytes, bytes.count)
            if count < 0, errno == EINTR || errno == EAGAIN { return }
            isCut = count > left
            let isLast = count <= 0 || isCut
            let isOpen = pass(Array(bytes.prefix(max(0, min(count, left)))), isLast)
            left -= max(0, count)
            // To the sandbox it looks as if its reader had gone.
            if isLast || !isOpen { readEnd = nil }
        }
    }

    private var inlet: OwnedDescriptor?
    private var held: ArraySlice<UInt8> = []
    private var isInputOpen = true
    private let input: CInt
    private let outlets: [Outlet]
    /// Milliseconds that output is waited for after the command has ended: its pipes are closed by then, or never.
    private let patience: CInt

    /// `inlet` leads to the command's input; what it prints goes to the two terminals, its changes to `spool`.
    ///
    /// Of what it prints, `limit` bytes a stream are passed on. `asText` treats files and pipes like terminals.
    init(
        input: CInt,
        inlet: consuming OwnedDescriptor,
        output: consuming OwnedDescriptor,
        error: consuming OwnedDescriptor,
        changes: consuming OwnedDescriptor?,
        spool: CInt?,
        limit: Int,
        asText: Bool,
        patience: CInt = 2000,
        printingTo terminals: (output: Terminal, error: Terminal) = (.output, .error)
    ) {
        self.input = input
        self.patience = patience
        // Our own end only: the sandbox's end is another open file description.
        _ = fcntl(inlet.raw, F_SETFL, O_NONBLOCK)
        self.inlet = consume inlet
        var outlets = [
            Outlet(output, limit: limit, pass: Self.printer(terminals.output, asText: asText)),
            Outlet(error, limit: limit, pass: Self.printer(terminals.error, asText: asText)),
        ]
        if let changes, let spool {
            let file = Terminal(descriptor: spool, isTerminal: false, hasColours: false)
            outlets.append(Outlet(changes, limit: .max, pass: Self.printer(file, asText: false)))
        }
        self.outlets = outlets
    }

    /// Whether the command printed more than the limit.
    var isCut: Bool { outlets.contains(where: \.isCut) }

    /// Passes bytes on as they are, or, to a terminal, with control characters shown and endless lines cut.
    private static func printer(_ terminal: Terminal, asText: Bool) -> ([UInt8], Bool) -> Bool {
        guard asText || terminal.isTerminal else {
            return { bytes, _ in bytes.withUnsafeBufferPointer { terminal.write($0) } }
        }
        var cutter = LineCutter()
        var escaper = StreamEscaper()
        return { bytes, atEnd in
            let text = escaper.feed(cutter.feed(bytes))
            return terminal.write(atEnd ? text + escaper.feed(cutter.finish()) + escaper.finish() : text)
        }
    }

    /// Runs until there is an answer and all output is passed on.
    ///
    /// `answer` is asked whenever `descriptor` is readable.
    func run<Answer, Failure: Error>(
        answerOn descriptor: CInt,
        _ answer: () throws(Failure) -> Answer?
    ) throws(Failure) -> Answer {
        var result: Answer?
        while true {
            let streams = outlets.filter { $0.raw != nil }
            if let result, streams.isEmpty { return result }
            if result != nil { inlet = nil }
            var waits = [
                wait(result == nil ? descriptor : -1, POLLIN),
                wait(inlet != nil && isInputOpen && held.isEmpty ? input : -1, POLLIN),
                wait(inlet?.raw ?? -1, held.isEmpty ? 0 : POLLOUT),
            ]
            waits += streams.map { wait($0.raw ?? -1, POLLIN) }
            let ready = poll(&waits, nfds_t(waits.count), result == nil ? -1 : patience)
            if ready < 0 { continue }
            if ready == 0, let result { return result }
            for (stream, wait) in zip(streams, waits.dropFirst(3)) where wait.revents != 0 { stream.readOnce() }
            if waits[1].revents != 0 { readInput() }
            if waits[2].revents != 0 { writeInput(hasReader: waits[2].revents & Int16(POLLERR) == 0) }
            if waits[0].revents != 0 { result = try answer() }
        }
    }

    private func wait(_ descriptor: CInt, _ events: CInt) -> pollfd {
        pollfd(fd: descriptor, events: Int16(events), revents: 0)
    }

    private func readInput() {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(input, &bytes, bytes.count)
        if count < 0, errno == EINTR || errno == EAGAIN { return }
        if count > 0 {
            held = bytes[..<count]
        } else {
            isInputOpen = false
            inlet = nil
        }
    }

    private func writeInput(hasReader: Bool) {
        guard hasReader, let raw = inlet?.raw else {
            inlet = nil
            return
        }
        let count = held.withUnsafeBytes { write(raw, $0.baseAddress, $0.count) }
        if count >= 0 {
            held = held.dropFirst(count)
        } else if errno != EAGAIN, errno != EINTR {
            inlet = nil
        }
    }
}
