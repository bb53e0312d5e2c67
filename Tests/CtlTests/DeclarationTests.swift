import Client
import CommandLineKit
import Testing
import Wire

@testable import ctl

struct DeclarationTests {
    @Test func everyVerbOfTheFirstProtocolIsThere() {
        let verbs = Executorctl.root.walk().map { $0.path.dropFirst().joined(separator: " ") }
        #expect(
            Set(verbs).isSuperset(of: [
                "run", "submit", "exec", "list", "show", "watch", "logs", "cancel", "verify", "export", "task check",
                "job run",
                "job list", "job show", "job resume", "job cancel", "job export", "gc",
                "task init", "doctor", "daemon status", "daemon stop", "version",
            ])
        )
    }

    @Test func helpListsEveryOptionOfEveryVerbAndHasExamples() {
        for (path, command) in Executorctl.root.walk() {
            let help = HelpText.render(path: path, command: command)
            for name in command.parameters.flatMap(\.names) { #expect(help.contains(name), "\(path): \(name)") }
            for line in help.split(separator: "\n") where !line.hasPrefix("  executorctl") {
                #expect(line.count <= 80, "\(path): \(line)")
            }
            if command.subcommands.isEmpty, command.name != "version" {
                #expect(!command.examples.isEmpty, "\(path) has no example")
            }
        }
    }

    @Test func everyExampleIsAcceptedByTheParser() throws {
        for (_, command) in Executorctl.root.walk() {
            for example in command.examples {
                // Shell words: the quotes of the examples hold no spaces that matter to the parser.
                let words = example.line.split(separator: " ").dropFirst().map(String.init)
                guard case .run = try Executorctl.root.parse(words) else {
                    Issue.record("\(example.line) is help")
                    continue
                }
            }
        }
    }

    @Test func namesOfOptionsAreUsedOnce() {
        for (path, command) in Executorctl.root.walk() {
            let names = command.parameters.flatMap(\.names)
            #expect(Set(names).count == names.count, "\(path)")
        }
    }

    @Test(
        "Statuses of design.md 8",
        arguments: [
            (ClientError.unreachable(tried: [], remedy: "x"), 3), (.startFailed(cause: "x", remedy: "y"), 3),
            (.lost(during: "x", cause: "y"), 3), (.refused(WireError(.notFound, "x")), 1), (.protocolBroken("x"), 1),
        ] as [(ClientError, CInt)]
    )
    func statusOfErrors(_ error: ClientError, _ status: CInt) {
        #expect(ExitStatus.of(error) == status)
    }

    @Test func statusOfTrials() {
        #expect(VerdictOutcome.allCases.map { ExitStatus.of($0) } == [0, 4, 5])
        #expect(ExitStatus.of(OperationError(cause: "x")) == 1)
        #expect(ExitStatus.worst([]) == 0)
        #expect(ExitStatus.worst([0, 4, 0]) == 4)
        #expect(ExitStatus.worst([4, 5, 0]) == 5)
        #expect(ExitStatus.worst([5, 1, 4]) == 1)
    }

    @Test(
        "Statuses of exec",
        arguments: [
            (.exited(code: 3), 3), (.signaled(signal: 9), 137), (.limit(.wallClock), 124), (.limit(.cpuTime), 124),
            (.limit(.memory), 137), (.notStarted(reason: "x", errno: 2), 127),
            (.notStarted(reason: "x", errno: 13), 126),
            (.cancelled, 130), (.running, 125),
        ] as [(ActionExit, CInt)]
    )
    func statusOfExec(_ exit: ActionExit, _ status: CInt) {
        #expect(ExecStatus.of(exit) == status)
    }

    @Test func usageOfExecIsItsOwnFailure() {
        #expect(Executorctl.root.subcommands.first { $0.name == "exec" }?.usageStatus == 125)
    }
}
