import Distillation
import FoundationEssentials
import Wire

/// One recorded run of a task's instance, as SkillLearnBench's `eval_keypoints` keeps it.
struct RecordedRun {
    let task: String
    let instance: String
    let actions: [DistillRequest.Action]

    /// Reads `TASK/INSTANCE/claude-code.dataclaw.jsonl`: messages with tool calls, their inputs and their outputs.
    init(task: String, instance: String, file: Data) throws {
        self.task = task
        self.instance = instance
        let line = file.prefix { $0 != UInt8(ascii: "\n") }
        let session = try JSONDecoder().decode(Session.self, from: Data(line))
        let calls = session.messages.flatMap { $0.toolUses ?? [] }
        actions = calls.enumerated().compactMap { number, call in call.action(id: "a\(number)") }
    }

    /// Actions that did not end in an error.
    var succeeded: [DistillRequest.Action] { actions.filter { $0.exit == 0 } }

    private struct Session: Decodable {
        let messages: [Message]
    }

    private struct Message: Decodable {
        let toolUses: [ToolUse]?
        enum CodingKeys: String, CodingKey { case toolUses = "tool_uses" }
    }

    private struct ToolUse: Decodable {
        let tool: String
        let input: JSONValue?
        let output: JSONValue?
        let status: String?

        func action(id: String) -> DistillRequest.Action? {
            let path = input?["file_path"]?.text
            let output = DistillRequest.Output(head: output?["text"]?.text ?? "")
            let exit = status == "error" || output.head.hasPrefix("Exit code ") ? 1 : 0
            switch tool {
            case "Bash":
                guard let line = input?["command"]?.text else { return nil }
                return .init(id: id, kind: .exec, argv: ["bash", "-c", line], exit: exit, stdout: output)
            case "Read": return .init(id: id, kind: .read, path: path, exit: exit, stdout: output)
            case "Write":
                return .init(
                    id: id,
                    kind: .write,
                    path: path,
                    text: input?["content"]?.text,
                    exit: exit,
                    stdout: output
                )
            case "Edit":
                return .init(
                    id: id,
                    kind: .edit,
                    path: path,
                    text: input?["new_string"]?.text,
                    exit: exit,
                    stdout: output
                )
            default: return nil
            }
        }
    }
}
