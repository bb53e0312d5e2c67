import CLinux
import CommandLineKit
import FoundationEssentials
import Glibc
import Wire

/// The daemon's program.
@main
struct ExecutordMain {
    static func main() async {
        // Before any thread exists: signals must be blocked in all of them.
        let signals = clinux_termination_signal_descriptor()
        let options: DaemonOptions
        do {
            guard let parsed = try DaemonOptions.parse(Array(CommandLine.arguments.dropFirst())) else { exit(0) }
            options = parsed
        } catch {
            Log.error("\(error); see 'executord --help'")
            exit(2)
        }
        exit(await run(options, signals))
    }

    private static func run(_ options: DaemonOptions, _ signals: CInt) async -> CInt {
        var reporter = ReadyReporter(descriptor: options.readyDescriptor)
        do {
            let configuration = try options.configuration()
            let daemon = try await Daemon.start(configuration, mode: options.mode)
            try await daemon.serve(signals: signals) { reporter.ready(configuration.socket) }
            return 0
        } catch {
            Log.error("\(error)")
            reporter.failed("\(error)")
            return 1
        }
    }
}

/// Tells whoever started us that we serve, or why we do not: one line on a pipe.
private struct ReadyReporter {
    private var descriptor: CInt?

    init(descriptor: CInt?) {
        self.descriptor = descriptor
    }

    mutating func ready(_ socket: String) { say("ready \(socket)\n") }
    mutating func failed(_ text: String) { say("error \(text.replacing("\n", with: " "))\n") }

    private mutating func say(_ line: String) {
        guard let pipe = descriptor.take() else { return }
        let bytes = Array(line.utf8)
        _ = write(pipe, bytes, bytes.count)
        close(pipe)
    }
}
