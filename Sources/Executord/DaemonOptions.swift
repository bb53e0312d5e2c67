import CommandLineKit
import FoundationEssentials
import Glibc
import Synchronization
import Wire

/// The daemon's command line.
struct DaemonOptions: Sendable {
    var embedded = false
    var state: String?
    var socket: String?
    var configurationFile: String?
    var readyDescriptor: CInt?
    var checkConfiguration = false
    var printsManual = false

    /// The declaration behind parsing and `--help`.
    static func command(_ take: @escaping @Sendable (DaemonOptions) throws -> CInt) -> Command {
        Command(
            "executord",
            "Runs agents' work in sandboxes, verifies it, and keeps the record.",
            details: "Usually systemd or executorctl starts it. SIGTERM lets running trials finish (a second one does "
                + "not); a client is told to by 'executorctl daemon stop'.",
            values: DaemonOptions(),
            parameters: [
                .option("--state", value: "DIR", to: \.state, "Where everything is kept"),
                .option("--socket", value: "PATH", to: \.socket, "Where clients connect; default: DIR/executord.sock"),
                .option(
                    "--config",
                    value: "FILE",
                    to: \.configurationFile,
                    "Settings in TOML; see docs/configuration.md"
                ),
                .flag("--check-config", to: \.checkConfiguration, "Prints the effective settings and exits"),
                .flag("--manual", to: \.printsManual, "Prints the manual page and exits"),
                .flag("--embedded", to: \.embedded, "Ends by itself when no client and no trial is left"),
                .option(
                    "--ready-fd",
                    value: "N",
                    to: \.readyText,
                    "Writes one line on this descriptor: 'ready SOCKET' or 'error TEXT'"
                ),
            ],
            examples: [
                .init("executord --state /var/lib/executord --socket /run/executord/executord.sock", "As a service"),
                .init("executord --config /etc/executord.toml --check-config", "Are the settings right?"),
            ],
            run: take
        )
    }

    /// `--ready-fd` as it was given.
    var readyText: Int? {
        get { readyDescriptor.map { Int($0) } }
        set { readyDescriptor = newValue.map { CInt(clamping: $0) } }
    }

    /// nil when there is nothing more to do: help was asked for, or the settings were printed.
    static func parse(_ words: [String]) throws -> DaemonOptions? {
        let parsed = Mutex<DaemonOptions?>(nil)
        let program = Program(
            root: command { options in
                parsed.withLock { $0 = options }
                return 0
            }
        ) { _ in 1 }
        let status = program.run(words)
        guard status == 0 else { exit(status) }
        guard let options = parsed.withLock({ $0 }) else { return nil }
        if options.printsManual {
            for page in ManualPage.pages(of: program.root, section: 8, source: "executord \(Release.version)") {
                print(page.text, terminator: "")
            }
            return nil
        }
        guard options.checkConfiguration else { return options }
        print(try options.configuration())
        return nil
    }

    var mode: Daemon.Mode {
        if embedded { return .embedded }
        return geteuid() == 0 || getenv("RUNTIME_DIRECTORY") != nil ? .system : .user
    }

    /// Defaults, then the file, then what was given here.
    func configuration() throws -> Configuration {
        var configuration = Configuration(state: state ?? Self.defaultState, socket: socket)
        if let configurationFile { try configuration.apply(file: configurationFile) }
        if let state { configuration.state = state }
        if let socket { configuration.socket = socket }
        try FileManager.default.createDirectory(atPath: configuration.state, withIntermediateDirectories: true)
        return configuration
    }

    private static var defaultState: String {
        if let directory = getenv("STATE_DIRECTORY") { return String(cString: directory) }
        if geteuid() == 0 { return "/var/lib/executord" }
        let home = getenv("HOME").map { String(cString: $0) } ?? "/"
        let base = getenv("XDG_STATE_HOME").map { String(cString: $0) } ?? home + "/.local/state"
        return base + "/executord"
    }
}
