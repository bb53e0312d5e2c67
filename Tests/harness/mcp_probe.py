"""Acts in the sandbox of `executorctl mcp` by the official client. usage: mcp_probe.py MODE EXECUTORCTL

MODE is a revision of the protocol, `legacy` (the client's newest handshake) or `auto` (what both sides agree on).
"""

import asyncio
import os
import sys

import mcp_types
from mcp.client import Client, session
from mcp.client.stdio import StdioServerParameters


async def main(mode, program):
    kind = mode
    if mode in mcp_types.version.HANDSHAKE_PROTOCOL_VERSIONS:
        # The client offers its newest handshake only: make this one its newest.
        kind = "legacy"
        session.LATEST_HANDSHAKE_VERSION = mode
    server = StdioServerParameters(command=program, args=["mcp"], env=dict(os.environ))
    async with Client(server, mode=kind, read_timeout_seconds=20) as client:
        spoken = client.session.protocol_version
        expected = {"legacy": "2025-11-25", "auto": "2026-07-28"}.get(mode, mode)
        assert spoken == expected, f"they speak {spoken}, not {expected}"
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert {"run", "start", "read", "write", "list"} <= set(tools), sorted(tools)

        async def call(name, **arguments):
            result = await client.call_tool(name, arguments)
            text = "".join(part.text for part in result.content if part.type == "text")
            return text, bool(result.is_error)

        assert (await call("write", path="deep/er/file.txt", content="é one\ntwo\n"))[1] is False
        text, failed = await call("read", path="deep/er/file.txt")
        assert (text, failed) == ("é one\ntwo\n", False), text
        text, failed = await call("list", path="deep")
        assert "er" in text and not failed, text
        text, failed = await call("run", command="wc -l <deep/er/file.txt; echo told >&2; exit 3")
        assert "2" in text and "told" in text and "3" in text, text
        text, failed = await call("read", path="/missing")
        assert failed and "missing" in text, text
        text, failed = await call("run", command="sleep 60", timeout_seconds=0.5)
        assert "60" not in text or "limit" in text or "timed" in text.lower() or failed, text
        text, failed = await call("start", command="echo begun; sleep 60")
        number = int("".join(letter for letter in text if letter.isdigit()))
        for _ in range(100):
            if "begun" in (await call("output", action=number))[0]:
                break
            await asyncio.sleep(0.05)
        else:
            raise AssertionError("output of a started command")
        assert (await call("stop", action=number))[1] is False
        text, failed = await call("run", command="ps ax")
        assert "sleep 60" not in text, text
        print("seen", spoken, sorted(tools))


asyncio.run(main(*sys.argv[1:]))
