import CommandLineKit
import FoundationEssentials
import Glibc
import Testing

@testable import ctl

/// Completions and manual pages of the real verbs.
struct GeneratedTextTests {
    @Test(
        "Every verb and option is in each completion script, which its shell understands",
        arguments: ["bash", "zsh", "fish"]
    )
    func completion(_ name: String) throws {
        let shell = try CompletionShell(argument: name)
        let script = CompletionScript.render(Executorctl.root, for: shell)
        for (path, command) in Executorctl.root.walk() {
            #expect(script.contains(command.name), "\(path)")
            for option in command.parameters.flatMap(\.names) {
                let bare = String(option.drop { $0 == "-" })
                #expect(script.contains(name == "fish" ? " \(bare) " : option), "\(path) \(option)")
            }
        }
        let directory = try Directory()
        try directory.write(script, to: "script")
        let file = directory.path + "/script"
        // 127: that shell is not here; bash always is.
        let status = system("command -v \(name) >/dev/null || exit 127; \(name) -n \(file)") >> 8
        #expect(status == 0 || (status == 127 && name != "bash"))
    }

    @Test func everyVerbHasAManualPageThatGroffPrintsWithoutAWarning() throws {
        let directory = try Directory()
        let inside = directory.path + "/man1"
        guard case .run(_, _, let action) = try Executorctl.root.parse(["manual", inside]) else {
            Issue.record("manual is not a verb")
            return
        }
        #expect(try action() == 0)
        for (path, command) in Executorctl.root.walk() {
            let page = try #require(directory.read("man1/\(path.joined(separator: "-")).1"))
            for option in command.parameters.flatMap(\.names) {
                #expect(page.contains("\\fB\(option.replacing("-", with: "\\-"))\\fR"), "\(path) \(option)")
            }
        }
        let warnings = "\(inside)/warnings"
        let command = "for page in \(inside)/*.1; do groff -man -ww -Tutf8 $page; done >/dev/null 2>\(warnings)"
        guard system("command -v groff >/dev/null") == 0 else { return }
        #expect(system(command) == 0)
        #expect(directory.read("man1/warnings") == "")
    }

    @Test func aDirectoryThatCannotBeMadeIsAnError() throws {
        guard case .run(_, _, let action) = try Executorctl.root.parse(["manual", "/dev/null/man"]) else { return }
        #expect(throws: OperationError.self) { try action() }
    }
}
