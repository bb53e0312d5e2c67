import CommandLineKit
import Evaluation
import Wire

/// Says how far an evaluation is: one line that changes on a terminal, elsewhere a line for each piece of work.
final class EvaluationProgress {
    private let terminal: Terminal
    private var subject = ""
    private var whole: (done: Int, total: Int)
    private var hasLine = false

    init(_ state: EvaluationState, terminal: Terminal = .error) {
        self.terminal = terminal
        whole = state.progress
    }

    func begin(_ subject: String) {
        self.subject = subject
        if terminal.isTerminal { draw("") } else { terminal.print([Line(line(""))]) }
    }

    func show(_ job: JobProgress) {
        if terminal.isTerminal { draw(", \(job.ended) of \(job.total)") }
    }

    func show(_ progress: (done: Int, total: Int)) {
        whole = progress
    }

    func end() {
        if hasLine { terminal.write("\r\u{1B}[K") }
        hasLine = false
    }

    private func line(_ job: String) -> String { "\(whole.done) of \(whole.total) trials measured; \(subject)\(job)" }

    private func draw(_ job: String) {
        terminal.write("\r\u{1B}[K" + Line(line(job), .dim).cut().render(for: terminal))
        hasLine = true
    }
}
