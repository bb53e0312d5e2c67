import Wire

/// What the tools are called and what they take, as JSON Schema.
extension MCPTools {
    static let names: Set<String> = ["run", "start", "output", "stop", "read", "write", "list"]

    static let declarations: JSONValue = [
        tool(
            "run",
            "Runs a shell command to its end and returns its output and exit status.",
            [
                "command": text("The command, for /bin/sh."), "cwd": text("Where it runs."),
                "stdin": text("Its standard input."), "timeout_seconds": number("Kill it after so long."),
            ],
            required: ["command"]
        ),
        tool(
            "start",
            "Starts a shell command in the background and returns its action number.",
            [
                "command": text("The command, for /bin/sh."), "cwd": text("Where it runs."),
                "timeout_seconds": number("Kill it after so long."),
            ],
            required: ["command"]
        ),
        tool(
            "output",
            "Returns what a started command has printed so far, from an offset on.",
            [
                "action": integer("The number that start returned."), "offset": integer("Bytes to skip."),
                "stream": ["type": "string", "enum": ["stdout", "stderr"]],
            ],
            required: ["action"],
            isReadOnly: true
        ),
        tool(
            "stop",
            "Kills a started command with all that it started.",
            ["action": integer("The number that start returned.")],
            required: ["action"]
        ),
        tool(
            "read",
            "Returns a text file.",
            ["path": text("The file."), "offset": integer("Bytes to skip."), "length": integer("Bytes at most.")],
            required: ["path"],
            isReadOnly: true
        ),
        tool(
            "write",
            "Writes a text file, making the directories above it.",
            [
                "path": text("The file."), "content": text("All of it."),
                "append": ["type": "boolean", "description": "Add to what is there."],
            ],
            required: ["path", "content"]
        ),
        tool("list", "Lists a directory.", ["path": text("The directory.")], required: [], isReadOnly: true),
    ]

    private static func tool(
        _ name: String,
        _ about: String,
        _ properties: [String: JSONValue],
        required: [String],
        isReadOnly: Bool = false
    ) -> JSONValue {
        [
            "name": .text(name), "description": .text(about),
            "inputSchema": [
                "type": "object", "properties": .object(properties), "required": .list(required.map { .text($0) }),
                "additionalProperties": false,
            ],
            "annotations": ["readOnlyHint": .flag(isReadOnly), "openWorldHint": false],
        ]
    }

    private static func text(_ about: String) -> JSONValue { ["type": "string", "description": .text(about)] }
    private static func number(_ about: String) -> JSONValue { ["type": "number", "description": .text(about)] }
    private static func integer(_ about: String) -> JSONValue { ["type": "integer", "description": .text(about)] }
}
