import Client
import CommandLineKit
import Wire

struct DaemonStopOptions: SharingOptions {
    var shared = SharedOptions()
    var drain = false
}

extension Command {
    static let daemonStatus = Command(
        "status",
        "Shows the daemon that other verbs would use; starts none.",
        values: PlainOptions(),
        parameters: PlainOptions.sharedParameters,
        examples: [.init("executorctl daemon status", "Is one there, and what does it do?")]
    ) { options in
        let session = try options.shared.access.connect()
        let status = try session.connection.call(DaemonStatus.self, Empty())
        if options.shared.json {
            try options.shared.printJSON(DaemonReport(hello: session.hello, status: status))
        } else {
            Terminal.output.print(DaemonLines.lines(session.hello, status))
        }
        return ExitStatus.done
    }

    static let daemonStop = Command(
        "stop",
        "Stops the daemon; running trials are cancelled.",
        values: DaemonStopOptions(),
        parameters: [
            .flag("--drain", to: \.drain, "Let running trials end first."),
            DaemonStopOptions.socketParameter,
        ],
        examples: [.init("executorctl daemon stop --drain", "Stop without losing work")]
    ) { options in
        let session = try options.shared.access.connect()
        _ = try session.connection.call(DaemonShutdown.self, .init(drain: options.drain))
        Terminal.output.write("the daemon (process \(session.hello.processID)) is stopping\n")
        return ExitStatus.done
    }
}

private struct DaemonReport: Encodable {
    var hello: DaemonHello.Result
    var status: DaemonStatus.Result
}

/// A daemon's own account of itself.
enum DaemonLines {
    static func lines(_ hello: DaemonHello.Result, _ status: DaemonStatus.Result) -> [Line] {
        let rows = [
            ("version", "\(hello.version), protocol \(hello.protocolVersion)"),
            ("mode", "\(hello.mode), process \(hello.processID)"),
            ("state", hello.stateDirectory),
            ("up", Figures.duration(seconds: status.uptimeSeconds)),
            ("trials", "\(status.running) running, \(status.queued) queued, \(status.finished) finished"),
            ("sandboxes", "\(status.sandboxes)" + (status.prepared.map { ", \($0) more prepared" } ?? "")),
            ("connections", "\(status.connections)"),
            ("cgroups", status.cgroups),
            ("identities", status.identities),
            ("memory", Figures.bytes(status.residentBytes)),
        ]
        return rows.map { Line(Layout.pad($0.0, to: 13), .dim) + Line($0.1) }
    }
}
