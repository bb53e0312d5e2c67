import CommandLineKit
import FoundationEssentials
import Wire

private struct ManualOptions: Sendable {
    var directory = ""
}

extension Command {
    static let manual = Command(
        "manual",
        "Writes this program's manual pages.",
        details: "One page for the program and one for each verb, made of the same text as --help.",
        values: ManualOptions(),
        parameters: [.argument("DIR", to: \.directory, "Where they go; made where it is missing.")],
        examples: [.init("executorctl manual /usr/local/share/man/man1", "Install the pages")]
    ) { options in
        let pages = ManualPage.pages(of: Executorctl.root, section: 1, source: "executord \(Release.version)")
        do {
            try FileManager.default.createDirectory(atPath: options.directory, withIntermediateDirectories: true)
            for page in pages {
                try Data(page.text.utf8).write(to: URL(filePath: "\(options.directory)/\(page.fileName)"))
            }
        } catch {
            throw OperationError(
                cause: "cannot write to \(options.directory): \(error)",
                remedy: "name a directory that you may write to"
            )
        }
        return ExitStatus.done
    }
}
