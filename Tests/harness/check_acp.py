"""An agent on the `agent-client-protocol` package under `executorctl run TASK --agent acp`."""

import json

from station import HOST, REPOSITORY, Check

TASK = REPOSITORY / "tasks/examples/hello-world"


def run(station):
    help_text = station.executorctl("run", "--help").stdout
    if "acp" not in help_text:
        yield Check("acp: executorctl run --agent acp", "unavailable", "this executorctl has no agent 'acp'")
        return
    agent = [HOST / "python", REPOSITORY / "Tests/harness/acp_agent.py"]
    [summary] = station.trials(TASK, "--agent", "acp", "--", *agent, timeout=120)
    show = station.executorctl("show", summary["trial"]).stdout
    yield Check.of("acp: the package's agent solves hello-world", summary.get("reward") == 1, f"{summary}\n{show}")
    folder = station.folder / "acp"
    station.executorctl("export", summary["trial"], folder)
    [path] = folder.glob("*/*/agent/trajectory.json")
    trajectory = json.loads(path.read_text())
    steps = [step for step in trajectory["steps"] if step["source"] == "agent"]
    said = " ".join(step.get("message") or "" for step in steps)
    thought = " ".join(step.get("reasoning_content") or "" for step in steps)
    calls = [call for step in steps for call in step.get("tool_calls") or []]
    yield Check.of("acp: its words are in the trajectory", "I wrote the file" in said, json.dumps(trajectory, indent=1))
    yield Check.of("acp: its thoughts are", "a file and a look" in thought, json.dumps(trajectory, indent=1))
    yield Check.of("acp: its tool calls are", len(calls) >= 2, json.dumps(trajectory, indent=1))
