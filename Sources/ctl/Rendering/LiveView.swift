import CommandLineKit
import Wire

/// Shows a trial while it runs: a line per action, and on a terminal the action that is running now.
struct LiveView {
    private let terminal: Terminal
    private var hasTransientLine = false

    init(terminal: Terminal = .output) {
        self.terminal = terminal
    }

    mutating func begin(_ trial: String, task: String, agent: String) {
        terminal.print([Line("\(task)", .bold) + Line("  \(agent)  ") + Line(trial, .dim)])
    }

    mutating func show(_ event: TrialEvent) {
        let lines = EventLines.lines(event)
        if !lines.isEmpty {
            erase()
            terminal.print(lines)
        }
        if terminal.isTerminal, let running = EventLines.running(event) {
            erase()
            terminal.write(running.render(for: terminal))
            hasTransientLine = true
        }
    }

    mutating func end() {
        erase()
    }

    /// Takes the line of the running action back: carriage return, erase to the end (ECMA-48, EL).
    private mutating func erase() {
        guard hasTransientLine else { return }
        terminal.write("\r\u{1B}[K")
        hasTransientLine = false
    }
}
