"""An agent by the `agent-client-protocol` package that solves hello-world with every method that a client offers."""

import asyncio
import re
import uuid

import acp
from acp import schema


class HelloAgent(acp.Agent):
    def on_connect(self, conn):
        self.client = conn

    async def initialize(self, protocol_version, client_capabilities=None, client_info=None, **kwargs):
        files = client_capabilities.fs
        assert files.read_text_file and files.write_text_file and client_capabilities.terminal, client_capabilities
        return schema.InitializeResponse(
            protocol_version=protocol_version,
            agent_capabilities=schema.AgentCapabilities(),
            agent_info=schema.Implementation(name="hello-agent", version="1"),
        )

    async def new_session(self, cwd, mcp_servers=None, **kwargs):
        return schema.NewSessionResponse(session_id=uuid.uuid4().hex)

    async def prompt(self, session_id, prompt, **kwargs):
        instruction = "".join(block.text for block in prompt if block.type == "text")
        path, text = re.findall(r"`([^`]+)`", instruction)
        await self.tell(session_id, acp.update_agent_thought_text("It needs a file and a look."))
        await self.tell(
            session_id,
            acp.start_tool_call(
                "call-1", f"Write {path}", kind="edit", status="in_progress", raw_input={"path": path}
            ),
        )
        granted = await self.client.request_permission(
            session_id=session_id,
            tool_call=schema.ToolCallUpdate(tool_call_id="call-1", title=f"Write {path}"),
            options=[
                schema.PermissionOption(option_id="yes", name="Allow", kind="allow_once"),
                schema.PermissionOption(option_id="no", name="Reject", kind="reject_once"),
            ],
        )
        assert granted.outcome.outcome == "selected" and granted.outcome.option_id == "yes", granted
        await self.client.write_text_file(session_id=session_id, path=path, content=text + "\n")
        read = await self.client.read_text_file(session_id=session_id, path=path)
        assert read.content == text + "\n", read
        await self.tell(session_id, acp.update_tool_call("call-1", status="completed", raw_output={"bytes": len(text)}))
        await self.tell(session_id, acp.update_agent_message_text("I wrote the file. "))
        await self.look(session_id, path, text)
        await self.tell(session_id, acp.update_agent_message_text("It is right."))
        return schema.PromptResponse(stop_reason="end_turn")

    async def look(self, session_id, path, text):
        """The same through terminals: one that ends, one that is killed."""
        await self.tell(
            session_id,
            acp.start_tool_call(
                "call-2", "cat", kind="execute", status="in_progress", raw_input={"command": f"cat {path}"}
            ),
        )
        terminal = (await self.client.create_terminal(session_id=session_id, command="cat", args=[path])).terminal_id
        ended = await self.client.wait_for_terminal_exit(session_id=session_id, terminal_id=terminal)
        shown = await self.client.terminal_output(session_id=session_id, terminal_id=terminal)
        assert ended.exit_code == 0 and shown.output == text + "\n", (ended, shown)
        await self.client.release_terminal(session_id=session_id, terminal_id=terminal)
        endless = (await self.client.create_terminal(session_id=session_id, command="sleep", args=["600"])).terminal_id
        await self.client.kill_terminal(session_id=session_id, terminal_id=endless)
        killed = await self.client.wait_for_terminal_exit(session_id=session_id, terminal_id=endless)
        assert killed.signal or killed.exit_code, killed
        await self.client.release_terminal(session_id=session_id, terminal_id=endless)
        await self.tell(session_id, acp.update_tool_call("call-2", status="completed", raw_output={"output": text}))

    async def cancel(self, session_id, **kwargs):
        pass

    async def tell(self, session_id, update):
        await self.client.session_update(session_id=session_id, update=update)


asyncio.run(acp.run_agent(HelloAgent()))
