import CommandLineKit
import Wire

/// What people see of a trial's events, as lines.
enum EventLines {
    /// Lines of a failed action's output that are shown.
    private static let tailLines = 6

    /// The lines of one event; none for those that the next event explains.
    static func lines(_ event: TrialEvent) -> [Line] {
        switch event.body {
        case .phase(let phase): phaseLine(phase).map { [$0] } ?? []
        case .actionStarted: []
        case .action(let record): action(record)
        case .message(let message): self.message(message)
        case .stepStarted(let step):
            [Line("  step \(step.number) of \(step.count)", .bold) + Line("  \(step.name)")]
        case .stepEnded(let result): StepLines.lines(result)
        case .note(let text): [Line("  note: ", .yellow) + Line(text)]
        case .verdict(let verdict): VerdictLines.lines(verdict)
        case .exception(let exception): self.exception(exception)
        case .network(let request): [NetworkLines.line(request)]
        }
    }

    /// What a terminal shows until the action has ended.
    static func running(_ event: TrialEvent) -> Line? {
        guard case .actionStarted(let number, _, let command) = event.body else { return nil }
        return (Line("\(padded(number))  running          ", .dim) + Line(CommandText.oneLine(command), .dim)).cut()
    }

    /// The first line of what was said.
    private static func message(_ message: AgentMessage) -> [Line] {
        let first = message.text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        return [(Line("  \(message.source.rawValue): ", .dim) + Line(first)).cut()]
    }

    private static func phaseLine(_ phase: TrialPhase) -> Line? {
        switch phase {
        case .queued, .starting: nil
        case .agent: Line("  agent", .bold)
        case .freezing: nil
        case .verifying: Line("  verifier", .bold)
        case .finished: nil
        case .cancelled: Line("  cancelled", .yellow)
        case .interrupted: Line("  interrupted: the daemon ended before the trial did", .yellow)
        case .errored: Line("  stopped by an error", .red)
        }
    }

    static func action(_ record: ActionRecord) -> [Line] {
        let (word, style) = ExitText.word(record.exit)
        let time = Figures.duration(seconds: record.cost.wallMilliseconds / 1000)
        let command = CommandText.line(record.request)
        let line =
            Line(padded(record.number) + "  ") + Line(Layout.pad(word, to: 7), style)
            + Line(Layout.pad(time, to: 8, leading: true) + "  ") + Line(command)
        var lines = [line.cut()]
        if let detail = ExitText.detail(record.exit) { lines.append(Line("         " + detail, style)) }
        if let limits = record.cost.limits {
            lines.append(Line("         limit met: " + limits.map(ExitText.limit).joined(separator: ", "), .yellow))
        }
        if let evidence = record.evidence { lines += EvidenceLines.lines(evidence) }
        guard style != .green else { return lines }
        let stream = record.stderr.totalBytes > 0 ? record.stderr : record.stdout
        return lines + tail(stream, of: record.number)
    }

    /// The last lines of a stream, or, where the record holds only its beginning, that and where the rest is.
    private static func tail(_ output: OutputRecord, of number: Int) -> [Line] {
        let text = output.tail.isEmpty ? output.head : output.tail
        let all = text.split(whereSeparator: \.isNewline)
        let shown = all.suffix(tailLines)
        let isCut = shown.count < all.count || output.omittedBytes > 0
        var lines = (isCut ? [Line("         …", .dim)] : []) + shown.map { Line("         " + $0, .dim).cut() }
        if output.tail.isEmpty, output.blob != nil {
            lines.append(
                Line(
                    "         … \(Figures.bytes(output.totalBytes)) in all: 'executorctl logs --action \(number)'",
                    .dim
                )
            )
        }
        return lines
    }

    static func exception(_ exception: TrialException) -> [Line] {
        var lines = [Line("  \(exception.type): ", .red) + Line(exception.message)]
        if let remedy = exception.remedy { lines.append(Line("    remedy: " + remedy)) }
        return lines
    }

    private static func padded(_ number: Int) -> String {
        Layout.pad("\(number)", to: 5, leading: true)
    }
}

/// How an action's end is said.
enum ExitText {
    /// One word or two, and the colour that goes with it: green for success alone.
    static func word(_ exit: ActionExit) -> (String, Style) {
        switch exit {
        case .exited(0): ("ok", .green)
        case .exited(let code): ("exit \(code)", .red)
        case .signaled(let signal): (signalName(signal), .red)
        case .limit(let kind): (limitName(kind), .red)
        case .cancelled: ("cancel", .yellow)
        case .notStarted: ("not run", .red)
        case .running: ("started", .green)
        }
    }

    /// The sentence that the word needs, if any.
    static func detail(_ exit: ActionExit) -> String? {
        switch exit {
        case .limit(let kind): limitSentence(kind)
        case .notStarted(let reason, _): "not started: " + reason
        case .exited, .signaled, .cancelled, .running: nil
        }
    }

    private static func limitName(_ kind: LimitKind) -> String {
        switch kind {
        case .wallClock: "timeout"
        case .cpuTime: "cpu"
        case .memory: "memory"
        case .processes: "procs"
        case .disk: "disk"
        case .inodes: "inodes"
        case .output: "output"
        }
    }

    /// A limit and what it allows.
    static func limit(_ met: LimitMet) -> String {
        switch met.limit {
        case .wallClock: "\(Figures.duration(seconds: met.value)) of time"
        case .cpuTime: "\(Figures.duration(seconds: met.value)) of cpu time"
        case .memory: "\(Figures.bytes(Int(met.value))) of memory"
        case .processes: "\(Int(met.value)) processes"
        case .disk: "\(Figures.bytes(Int(met.value))) of disk"
        case .inodes: "\(Int(met.value)) files"
        case .output: "\(Figures.bytes(Int(met.value))) of a stream kept"
        }
    }

    static func limitSentence(_ kind: LimitKind) -> String {
        switch kind {
        case .wallClock: "killed: the limit in time was reached"
        case .cpuTime: "killed: the limit in cpu time was reached"
        case .memory: "killed: the memory limit was reached"
        case .processes: "stopped: the limit on processes was reached"
        case .disk: "stopped: the disk limit was reached"
        case .inodes: "stopped: the limit on files was reached"
        case .output: "killed: the limit on output was reached"
        }
    }

    /// Signals by their number on every Linux architecture that we run on; see signal(7).
    private static func signalName(_ signal: Int) -> String {
        let names = [
            1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL",
            11: "SIGSEGV", 13: "SIGPIPE", 15: "SIGTERM", 24: "SIGXCPU", 25: "SIGXFSZ", 31: "SIGSYS",
        ]
        return names[signal] ?? "sig \(signal)"
    }
}

/// Command lines as a shell would take them.
enum CommandText {
    /// What a list of actions shows of a request: the text of a shell command, or the quoted words.
    static func line(_ request: ActionRequest) -> String {
        if let file = request.file { return file.displayText }
        if let shell = request.shell { return oneLine(shell) }
        if request.argv.count == 3, request.argv == ActionRequest.shellArgv(request.argv[2]) {
            return oneLine(request.argv[2])
        }
        return quoted(request.argv)
    }

    /// The first line that is not empty, and how many more there are.
    static func oneLine(_ text: String) -> String {
        let lines = text.split(whereSeparator: \.isNewline)
        guard let first = lines.first else { return text }
        return first + (lines.count > 1 ? " … \(Figures.count(lines.count - 1, "more line"))" : "")
    }

    static func quoted(_ words: [String]) -> String {
        words.map(quoted).joined(separator: " ")
    }

    private static func quoted(_ word: String) -> String {
        let isPlain = word.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"): true
            default: "_-./:=@%+,".utf8.contains(byte)
            }
        }
        guard !isPlain || word.isEmpty else { return word }
        return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
    }
}
