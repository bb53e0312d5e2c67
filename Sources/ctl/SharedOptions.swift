import Client
import CommandLineKit
import Wire

/// What every verb that talks to a daemon takes.
struct SharedOptions: Sendable {
    var socket: String?
    var json = false

    var access: DaemonAccess {
        DaemonAccess(socket: socket, client: "executorctl \(Release.version)")
    }

    /// Prints a record as indented JSON.
    func printJSON(_ value: some Encodable) throws {
        Terminal.output.write(String(decoding: try WireJSON.encodePretty(value), as: UTF8.self) + "\n")
    }
}

/// Options of a verb that holds the shared ones.
protocol SharingOptions: Sendable {
    var shared: SharedOptions { get set }
}

extension SharingOptions {
    /// `--socket` alone.
    static var socketParameter: Parameter<Self> {
        .option(
            "--socket",
            value: "PATH",
            to: \.shared.socket,
            "Use the daemon at this socket and no other; also EXECUTORD_SOCKET."
        )
    }

    /// `--json` and `--socket`.
    static var sharedParameters: [Parameter<Self>] {
        [.flag("--json", to: \.shared.json, "Print JSON for programs."), socketParameter]
    }
}

/// A verb with nothing but the shared options.
struct PlainOptions: SharingOptions {
    var shared = SharedOptions()
}

/// A verb about one trial.
struct TrialChoice: SharingOptions {
    var shared = SharedOptions()
    var trial = ""

    static let parameter = Parameter<TrialChoice>.argument(
        "TRIAL",
        to: \.trial,
        "The trial's name, or a beginning or end of it that fits no other."
    )
}
