import Glibc

/// Colours and weights that say something, never the only sign of it.
package enum Style: String, Sendable {
    case bold = "1"
    case dim = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
}

/// Where a program's text goes: a terminal with a width and perhaps colours, or a file or pipe with neither.
package struct Terminal: Sendable {
    package let descriptor: CInt
    package let isTerminal: Bool
    package let hasColours: Bool

    /// Standard output.
    package static let output = Terminal(descriptor: STDOUT_FILENO)
    /// Standard error.
    package static let error = Terminal(descriptor: STDERR_FILENO)

    package init(descriptor: CInt) {
        let isTerminal = isatty(descriptor) == 1
        self.init(
            descriptor: descriptor,
            isTerminal: isTerminal,
            hasColours: isTerminal && Environment["NO_COLOR"] == nil && Environment["TERM"] != "dumb"
        )
    }

    /// A description that does not ask the kernel, for rendering without a terminal.
    package init(descriptor: CInt, isTerminal: Bool, hasColours: Bool) {
        self.descriptor = descriptor
        self.isTerminal = isTerminal
        self.hasColours = hasColours
    }

    /// Columns: the terminal's, else `COLUMNS`, else 80.
    package var width: Int {
        var size = winsize()
        if isTerminal, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
        return Environment["COLUMNS"].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil } ?? 80
    }

    /// The text in a style, where colours are wanted.
    package func paint(_ text: String, _ style: Style?) -> String {
        guard hasColours, let style, !text.isEmpty else { return text }
        return "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m"
    }

    /// Writes everything; false when the reader is gone or the device is full.
    @discardableResult
    package func write(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { write($0) }
    }

    /// Writes bytes as they are; false when the reader is gone or the device is full.
    @discardableResult
    package func write(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, UnsafeBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN {
                var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&wait, 1, -1)
                continue
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}

/// The process's environment, read only.
package enum Environment {
    package static subscript(name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}
