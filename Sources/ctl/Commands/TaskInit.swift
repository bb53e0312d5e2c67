import CommandLineKit
import Tasks

private struct TaskInitOptions: Sendable {
    var name = ""
}

extension Command {
    static let taskInit = Command(
        "init",
        "Makes a task directory with every file that a task needs.",
        values: TaskInitOptions(),
        parameters: [.argument("NAME", to: \.name, "The directory to make; its last part names the task.")],
        examples: [.init("executorctl task init tasks/fix-the-build", "Begin a task")]
    ) { options in
        guard let name = options.name.split(separator: "/").last.map(String.init) else {
            throw UsageError("'\(options.name)' names no directory")
        }
        try TaskTemplate.write(name: name, to: options.name)
        Terminal.output.print(TaskTemplate.files(name: name).map { Line("\(options.name)/\($0.path)") })
        Terminal.output.print([Line("Fill them in, then: executorctl task check \(options.name)")])
        return ExitStatus.done
    }
}
