import CommandLineKit

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
        let files: [String] = try TaskTemplateStub.make(options.name)
        Terminal.output.print(files.map { Line("\(options.name)/\($0)") })
        Terminal.output.print([Line("Fill them in, then: executorctl task check \(options.name)")])
        return ExitStatus.done
    }
}

private enum TaskTemplateStub {
    static func make(_ path: String) throws -> [String] {
        throw OperationError(cause: "\(path): templates are not there yet")
    }
}
