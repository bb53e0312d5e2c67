import Client
import CommandLineKit
import Wire

struct WatchOptions: SharingOptions {
    var shared = SharedOptions()
    var trial = ""
    var from = 1
}

extension Command {
    static let watch = Command(
        "watch",
        "Shows a trial's events from the beginning, then live until it has ended.",
        details: "The exit status is the verdict's.",
        values: WatchOptions(),
        parameters: [
            .argument("TRIAL", to: \.trial, "The trial's name, or a beginning or end of it that fits no other."),
            .option("--from", value: "N", to: \.from, default: "1", "Begin with the event of this number."),
        ] + WatchOptions.sharedParameters,
        examples: [
            .init("executorctl watch hello-world__3fK", "Look on"),
            .init("executorctl watch hello-world__3fK --json", "One JSON object a line and event"),
        ]
    ) { options in
        guard options.from > 0 else { throw UsageError("--from must be above 0") }
        let connection = try options.shared.access.connectOrStart().connection
        var view = LiveView()
        defer { view.end() }
        let summary = try connection.watch(options.trial, from: options.from) { event in
            guard options.shared.json else { return view.show(event) }
            Terminal.output.write(String(decoding: try WireJSON.encode(event), as: UTF8.self) + "\n")
        }
        return ExitStatus.of(summary)
    }
}
