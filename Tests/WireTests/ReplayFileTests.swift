import Testing

@testable import Wire

@Suite struct ReplayFileTests {
    private func read(_ text: String) throws -> ReplayFile { try ReplayFile(Array(text.utf8)) }

    @Test func theSimpleFileSaysEverythingAnActionCanBe() throws {
        let file = try read(
            """
            {"actions": [
                {"shell": "make test"},
                {"argv": ["ls", "-l"], "cwd": "/app", "timeoutSeconds": 1.5, "background": true, "user": "nobody",
                 "environment": {"LANG": "C"}}
            ]}
            """
        )
        #expect(
            file.actions == [
                ActionRequest(argv: ["/bin/sh", "-c", "make test"], shell: "make test"),
                ActionRequest(
                    argv: ["ls", "-l"],
                    cwd: "/app",
                    environment: ["LANG": "C"],
                    user: "nobody",
                    timeoutSeconds: 1.5,
                    background: true
                ),
            ]
        )
        #expect(file.skipped.isEmpty)
    }

    @Test(arguments: [
        ("", "the file", "not JSON"),
        ("[]", "the file", "no JSON object"),
        ("{}", "the file", "neither 'actions' nor the 'steps'"),
        (#"{"actions": []}"#, "the file", "no action"),
        (#"{"actions": {}}"#, "actions", "is not a"),
        (#"{"actions": [{"shell": "a"}, {}]}"#, "actions[1]", "exactly one"),
        (#"{"actions": [{"shell": "a", "argv": ["a"]}]}"#, "actions[0]", "exactly one"),
        (#"{"actions": [{"argv": []}]}"#, "actions[0]", "names no program"),
        (#"{"actions": [{"argv": [""]}]}"#, "actions[0]", "names no program"),
        (#"{"actions": [{"shell": 1}]}"#, "actions[0].shell", "is not a String"),
        (#"{"actions": [{"shell": "a", "timeout": 3}]}"#, "actions[0]", "'timeout' is not a key"),
        (#"{"actions": [{"shell": "a", "timeoutSeconds": 0}]}"#, "actions[0]", "above 0"),
        (#"{"steps": [{"tool_calls": [{"arguments": {}}]}]}"#, "steps[0].tool_calls[0]", "lacks 'function_name'"),
    ]) func badFilesAreRefusedByPlaceAndCause(text: String, place: String, cause: String) throws {
        let error = try #require(throws: ReplayFileError.self) { try read(text) }
        #expect(error.place == place)
        #expect(error.cause.contains(cause))
        #expect(error.remedy.contains("actions"))
    }

    @Test func foreignTrajectoriesAreReadAsFarAsTheyRunCommands() throws {
        let file = try read(
            """
            {"schema_version": "ATIF-v1.5", "agent": {"name": "x", "version": "1"}, "steps": [
                {"step_id": 1, "source": "user", "message": [{"type": "text", "text": "hi"}]},
                {"step_id": 2, "source": "agent", "message": "", "is_copied_context": true, "tool_calls":
                    [{"tool_call_id": "0", "function_name": "bash", "arguments": {"command": "old"}}]},
                {"step_id": 3, "source": "agent", "message": "", "extra": {"a": [1, null]}, "tool_calls": [
                    {"tool_call_id": "a", "function_name": "Bash", "arguments": {"command": "ls", "timeout": 9e9}},
                    {"tool_call_id": "b", "function_name": "shell",
                     "arguments": {"command": ["bash", "-lc", "pwd"], "workdir": "/app"}},
                    {"tool_call_id": "c", "function_name": "exec_command", "arguments": {"cmd": "id"}},
                    {"tool_call_id": "d", "function_name": "edit_file", "arguments": {"path": "x"}},
                    {"tool_call_id": "e", "function_name": "bash", "arguments": {}}]}
            ]}
            """
        )
        #expect(
            file.actions == [
                ActionRequest(argv: ["/bin/bash", "-c", "ls"], shell: "ls"),
                ActionRequest(argv: ["bash", "-lc", "pwd"], cwd: "/app"),
                ActionRequest(argv: ["/bin/bash", "-c", "id"], shell: "id"),
            ]
        )
        #expect(
            file.skipped == [
                "step 2: repeats an earlier context",
                "step 3: the tool 'edit_file' is not one that runs commands",
                "step 3: 'bash' names no command",
            ]
        )
    }
}
