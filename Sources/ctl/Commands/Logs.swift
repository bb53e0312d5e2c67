import Client
import CommandLineKit
import Wire

struct LogsOptions: SharingOptions {
    var shared = SharedOptions()
    var trial = ""
    var action: Int?
    var stderr = false
}

extension Command {
    static let logs = Command(
        "logs",
        "Prints what a trial's actions printed.",
        details:
            "Into a file or pipe the bytes go as they are; on a terminal control characters are shown, not obeyed.",
        values: LogsOptions(),
        parameters: [
            .argument("TRIAL", to: \.trial, "The trial's name, or a beginning or end of it that fits no other."),
            .option("--action", "-n", value: "N", to: \.action, "Only the action of this number."),
            .flag("--stderr", to: \.stderr, "Standard error instead of standard output."),
        ] + LogsOptions.sharedParameters,
        examples: [
            .init("executorctl logs hello-world__3fK", "Standard output of every action"),
            .init("executorctl logs hello-world__3fK --action 2 --stderr", "Why the second one failed"),
        ]
    ) { options in
        let connection = try options.shared.access.connectOrStart().connection
        let summary = try connection.call(TrialGet.self, .init(trial: options.trial)).summary
        let stream = options.stderr ? "stderr" : "stdout"
        var records: [LogRecord] = []
        for number in options.action.map({ $0...$0 }) ?? 1...Int.max {
            guard let bytes = try connection.outputIfThere(summary.trial, number, stream, options.action != nil) else {
                break
            }
            if options.shared.json {
                records.append(LogRecord(action: number, stream: stream, bytes: bytes))
            } else {
                if options.action == nil { Terminal.output.print([Line("--- action \(number), \(stream)", .dim)]) }
                Terminal.output.writeUntrusted(bytes)
            }
        }
        if options.shared.json { try options.shared.printJSON(records) }
        return ExitStatus.done
    }
}

extension Connection {
    /// nil behind the last action; the verifier's own come after the agent's and are not counted in the summary.
    fileprivate func outputIfThere(
        _ trial: String,
        _ action: Int,
        _ stream: String,
        _ isNamed: Bool
    ) throws(ClientError) -> [UInt8]? {
        do {
            return try output(trial, action: action, stream: stream)
        } catch {
            guard !isNamed, case .refused(let reason) = error, reason.code == ErrorCode.notFound.rawValue else {
                throw error
            }
            return nil
        }
    }
}

/// One action's output for programs: text, or base64 where it is none.
private struct LogRecord: Encodable {
    var action: Int
    var stream: String
    var text: String?
    var base64: String?

    init(action: Int, stream: String, bytes: [UInt8]) {
        self.action = action
        self.stream = stream
        text = String(validating: bytes, as: UTF8.self)
        base64 = text == nil ? Connection.encodeBase64(bytes) : nil
    }
}

extension Terminal {
    /// Bytes of a sandboxed program: as they are, but harmless on a terminal.
    func writeUntrusted(_ bytes: [UInt8]) {
        guard isTerminal else {
            _ = bytes.withUnsafeBufferPointer { write($0) }
            return
        }
        var escaper = StreamEscaper()
        write(escaper.feed(bytes) + escaper.finish())
    }
}
