import CommandLineKit
import Wire

/// Shows how far a job is: one line that changes on a terminal, elsewhere a line for each change, not too many.
struct JobProgressView {
    private let terminal: Terminal
    private var hasTransientLine = false
    private var hasBegun = false
    /// Ends that the last line told of.
    private var shown = 0
    private var lastTime: ContinuousClock.Instant?

    /// Files and pipes get a line no more often.
    private static let plainInterval: Duration = .seconds(5)
    private static let barColumns = 20

    init(terminal: Terminal = .output) {
        self.terminal = terminal
    }

    mutating func show(_ job: JobSummary, now: ContinuousClock.Instant = .now) {
        let progress = job.progress
        if terminal.isTerminal {
            erase()
            terminal.write(
                (Line(Self.bar(progress) + " ", .dim) + JobLines.progress(progress)).cut().render(for: terminal)
            )
            hasTransientLine = true
            return
        }
        if !hasBegun { terminal.print([Line("\(job.job): \(Figures.count(progress.total, "trial"))")]) }
        hasBegun = true
        // The time left changes always: only what ended is news.
        let isDue = lastTime.map { now - $0 >= Self.plainInterval } ?? true
        guard progress.ended + progress.retries != shown, isDue || progress.ended == progress.total else { return }
        terminal.print([JobLines.progress(progress)])
        lastTime = now
        shown = progress.ended + progress.retries
    }

    mutating func end() {
        erase()
    }

    static func bar(_ progress: JobProgress) -> String {
        let filled = progress.total == 0 ? barColumns : progress.ended * barColumns / progress.total
        return "[" + String(repeating: "#", count: filled) + String(repeating: "-", count: barColumns - filled) + "]"
    }

    /// Carriage return, erase to the end (ECMA-48, EL).
    private mutating func erase() {
        guard hasTransientLine else { return }
        terminal.write("\r\u{1B}[K")
        hasTransientLine = false
    }
}
