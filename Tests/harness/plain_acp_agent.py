"""An ACP agent without a package, for the tests: plain_acp_agent.py MODE [MARK].

`solve` does tests/made with every method that a client offers, and checks each answer; the others misbehave.
"""

import json
import sys

MODE = sys.argv[1]
replies, last = {}, 0


def say(message):
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)


def take():
    """One message of the client's: an answer is kept, a request is returned."""
    line = sys.stdin.readline()
    if not line:
        raise SystemExit("the client has left")
    message = json.loads(line)
    if "method" in message:
        return message
    replies[message["id"]] = message


def begin(method, **params):
    global last
    last += 1
    say({"id": last, "method": method, "params": {"sessionId": "s1", **params}})
    return last


def end(number):
    while number not in replies:
        take()
    return replies.pop(number)


def ask(method, **params):
    reply = end(begin(method, **params))
    assert "result" in reply, (method, params, reply)
    return reply["result"]


def refusal(method, **params):
    return end(begin(method, **params))["error"]["code"]


def tell(news, **update):
    say({"method": "session/update", "params": {"sessionId": "s1", "update": {"sessionUpdate": news, **update}}})


def words(news, *pieces):
    for piece in pieces:
        tell(news, content={"type": "text", "text": piece})


def use_files():
    words("agent_thought_chunk", "A file ", "is needed.")
    tell("tool_call", toolCallId="c1", title="Write answer", kind="edit", status="in_progress")
    options = [{"optionId": kind, "name": kind, "kind": kind} for kind in ("reject_once", "allow_always", "allow_once")]
    outcome = ask("session/request_permission", toolCall={"toolCallId": "c1"}, options=options)["outcome"]
    assert outcome == {"outcome": "selected", "optionId": "allow_once"}, outcome
    outcome = ask("session/request_permission", toolCall={"toolCallId": "c1"}, options=options[:1])["outcome"]
    assert outcome == {"outcome": "cancelled"}, outcome
    ask("fs/write_text_file", path="/app/answer", content="yes\n")
    ask("fs/write_text_file", path="/app/deep/er/lines", content="é one\ntwo\nthree\nfour\n")
    assert ask("fs/read_text_file", path="/app/answer")["content"] == "yes\n"
    assert ask("fs/read_text_file", path="/app/deep/er/lines", line=2, limit=2)["content"] == "two\nthree"
    assert refusal("fs/read_text_file", path="/app/missing") == -32002
    assert refusal("fs/read_text_file") == -32602
    assert refusal("fs/make_coffee") == -32601


def use_terminals():
    words("agent_message_chunk", "I wrote it, ", "and look.")
    name = ask(
        "terminal/create", command="sh", args=["-c", "pwd; echo $A; echo told >&2; exit 3"], cwd="/app/deep",
        env=[{"name": "A", "value": "b c"}],
    )["terminalId"]
    assert ask("terminal/wait_for_exit", terminalId=name) == {"exitCode": 3}
    shown = ask("terminal/output", terminalId=name)
    assert shown["output"] == "/app/deep\nb c\ntold\n" and not shown["truncated"], shown
    assert shown["exitStatus"] == {"exitCode": 3}, shown
    ask("terminal/release", terminalId=name)
    assert refusal("terminal/output", terminalId=name) == -32002
    # Of much output the end, from a whole character on.
    name = ask("terminal/create", command="printf 'éééééééé'", outputByteLimit=5)["terminalId"]
    ask("terminal/wait_for_exit", terminalId=name)
    shown = ask("terminal/output", terminalId=name)
    assert shown["output"] == "éé" and shown["truncated"], shown
    # What waits for a program holds up nothing.
    name = ask("terminal/create", command="echo begun; sleep 600")["terminalId"]
    waiting = begin("terminal/wait_for_exit", terminalId=name)
    while ask("terminal/output", terminalId=name)["output"] != "begun\n":
        pass
    assert waiting not in replies
    ask("terminal/kill", terminalId=name)
    assert end(waiting)["result"] == {"signal": "9"}
    ask("terminal/kill", terminalId=name)
    assert ask("terminal/output", terminalId=name)["output"] == "begun\n"
    ask("terminal/release", terminalId=name)
    name = ask("terminal/create", command="sleep", args=["600"])["terminalId"]
    waiting = begin("terminal/wait_for_exit", terminalId=name)
    ask("terminal/release", terminalId=name)
    assert end(waiting)["result"] == {"signal": "9"}


def request(method):
    message = take()
    while message is None:
        message = take()
    assert message["method"] == method, message
    return message


hello = request("initialize")
offered = hello["params"]["clientCapabilities"]
assert offered["fs"] == {"readTextFile": True, "writeTextFile": True} and offered["terminal"] is True, hello
say({"id": hello["id"], "result": {"protocolVersion": 2 if MODE == "version" else 1, "agentCapabilities": {}}})
made = request("session/new")
assert made["params"]["cwd"] == "/app", made
say({"id": made["id"], "result": {"sessionId": "s1"}})
prompt = request("session/prompt")
assert prompt["params"]["sessionId"] == "s1", prompt
assert prompt["params"]["prompt"] == [{"type": "text", "text": "Write yes into /app/answer.\n"}], prompt
print("working", file=sys.stderr, flush=True)
if MODE == "solve":
    use_files()
    use_terminals()
    words("agent_message_chunk", "It is right.")
    tell("usage_update", used=100, size=1000, cost={"amount": 0.25, "currency": "USD"})
    usage = {"totalTokens": 12, "inputTokens": 10, "outputTokens": 2, "cachedReadTokens": 4}
    say({"id": prompt["id"], "result": {"stopReason": "end_turn", "usage": usage}})
    assert sys.stdin.readline() == ""
else:
    ask("fs/write_text_file", path="/app/answer", content="yes\n")
    if MODE == "garbage":
        print("no json", flush=True)
    elif MODE == "error":
        say({"id": prompt["id"], "error": {"code": -32603, "message": "out of ideas"}})
    elif MODE == "leave":
        raise SystemExit(5)
    # What else there is to do is to stay.
    while MODE != "leave" and sys.stdin.readline():
        pass
