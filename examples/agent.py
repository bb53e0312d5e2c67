#!/usr/bin/env python3
"""An agent without a package: executorctl run tasks/examples/hello-world -- python3 examples/agent.py"""

import json
import os
import re
import socket

connection = socket.socket(socket.AF_UNIX)
connection.connect(os.environ["EXECUTORD_SOCKET"])
lines = connection.makefile("rw", encoding="utf-8", newline="\n")


def call(method, **params):
    params["session"] = os.environ["EXECUTORD_SESSION"]
    lines.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}) + "\n")
    lines.flush()
    reply = json.loads(lines.readline())
    if "error" in reply:
        raise SystemExit(f"{method}: {reply['error']['message']}")
    return reply["result"]


# Where a model would think, this agent takes the two words that the instruction sets in backquotes.
path, text = re.findall(r"`([^`]+)`", os.environ["EXECUTORD_INSTRUCTION"])
call("session.message", source="agent", text=f"I write {text!r} to {path}, and look.")
call("action.write", path=path, text=text + "\n")
print(call("action.exec", argv=["cat", path], timeoutSeconds=10)["stdout"]["text"])
