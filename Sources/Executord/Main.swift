import CLinux
import CommandLineKit
import FoundationEssentials
import Glibc
import Reactor
import Wire

/// The daemon's program.
@main
struct ExecutordMain {
    /// The main thread only waits: one that ended in dispatch_main(3) would take signals, whose mask that empties, and
    /// die of the SIGTERM that is to be read from a descriptor.
    static func main() {
        // Before any thread exists: signals must be blocked in all of them.
        let signals = clinux_termination_signal_descriptor()
        let options: DaemonOptions
        let systemd: Systemd
        do {
            systemd = try Systemd.ofThisProcess()
            guard let parsed = try DaemonOptions.parse(Array(CommandLine.arguments.dropFirst())) else { exit(0) }
            options = parsed
        } catch {
            Log.error("\(error); see 'executord --help'")
            exit(2)
        }
        Task.detached(name: "daemon") { [options] in exit(await run(options, systemd, signals)) }
        while true { pause() }
    }

    private static func run(_ options: DaemonOptions, _ systemd: Systemd, _ signals: CInt) async -> CInt {
        var reporter = ReadyReporter(descriptor: options.readyDescriptor)
        do {
            let configuration = try options.configuration()
            let daemon = try await Daemon.start(configuration, mode: options.mode)
            try await daemon.serve(socket: systemd.listeningDescriptor, signals: signals) { phase in
                switch phase {
                case .serving(let socket):
                    systemd.tell(.status("serves \(socket)"), .ready)
                    reporter.ready(socket)
                case .stopping(let drains):
                    systemd.tell(.status(drains ? "waits for running trials" : "stops"), .stopping)
                }
            }
            return 0
        } catch {
            Log.error("\(error)")
            systemd.tell(.status("\(error)"))
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
