import CommandLineKit
import Wire

private struct NoOptions: Sendable {}

extension Command {
    static let version = Command(
        "version",
        aliases: ["--version"],
        "Prints the version.",
        values: NoOptions(),
        parameters: []
    ) { _ in
        Terminal.output.write("executorctl \(Release.version)\n")
        return ExitStatus.done
    }
}
