import Glibc

/// The daemon's log: one line an event on stderr, with the journal's priority in front when the journal reads it.
///
/// Values of environments and contents of files never go here.
enum Log {
    /// sd-daemon(3) prefixes.
    private enum Level: Int {
        case error = 3, warning = 4, info = 6
    }

    static func error(_ message: @autoclosure () -> String) { write(.error, message()) }
    static func warning(_ message: @autoclosure () -> String) { write(.warning, message()) }
    static func info(_ message: @autoclosure () -> String) { write(.info, message()) }

    private static let isJournal = getenv("JOURNAL_STREAM") != nil

    private static func write(_ level: Level, _ message: String) {
        let line = message.replacing("\n", with: " | ")
        let text = isJournal ? "<\(level.rawValue)>\(line)\n" : "executord: \(line)\n"
        let bytes = Array(text.utf8)
        _ = Glibc.write(2, bytes, bytes.count)
    }
}
