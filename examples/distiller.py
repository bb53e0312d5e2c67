#!/usr/bin/env python3
"""A distiller in 40 lines (distill/1): the commands that most passing runs of a family have in common.

    executorctl distill --plugin exec --program examples/distiller.py"""
import json
import re
import sys

if "--describe" in sys.argv:
    print(json.dumps({"name": "frequent-commands", "version": "1.0", "capabilities": {
        "needs_model": False, "needs_raw": False, "ops": ["create"], "min_trajectories": 2, "deterministic": True}}))
    sys.exit()

request = json.load(sys.stdin)
family, policy = request["scope"].get("family") or "tasks", request["policy"]
passing = [run for run in request["trajectories"]
           if run["evidence"]["verdict"] == "pass" and run["task"]["family"] == family]
seen = {}  # command: the first action of each run that has it
for number, run in enumerate(passing, 1):
    print(json.dumps({"text": f"reads {run['id']}", "done": number, "total": len(passing)}), file=sys.stderr, flush=True)
    for action in run["actions"]:
        if action["kind"] == "exec" and action.get("exit") == 0 and action.get("argv"):
            seen.setdefault(action["argv"][-1], {}).setdefault(run["id"], f"{run['id']}/{action['id']}")
least = max(policy.get("min_support", 2), len(passing) / 2)
common = sorted(((len(runs), command) for command, runs in seen.items() if len(runs) >= least), key=lambda c: (-c[0], c[1]))[:20]
name = re.sub("[^a-z0-9]+", "-", f"{family} commands".lower()).strip("-")[:64]
proposals = []
if common and name not in [skill["id"] for skill in request["library"]["skills"]]:
    lines = [f"1. In {count} of {len(passing)} passing runs:\n\n       " + command.replace("\n", "\n       ")
             for count, command in common]
    text = (f"---\nname: {name}\ndescription: Commands that passing runs of {family} have in common. Use when a task is of"
            f" this kind.\n---\n\n# Commands of {family}\n\n" + "\n\n".join(lines) + "\n")
    cited = sorted({action for _, command in common for action in seen[command].values()})
    proposals.append({
        "id": "p1", "op": "create", "skills": [name], "rationale": f"{len(common)} commands of {len(passing)} passing runs",
        "support": {"trajectories": [run["id"] for run in passing]},
        "edits": [{"file": "SKILL.md", "op": "create", "content": text, "evidence": cited, "kind": "step"}],
        "applicability": {"include": {"families": [family]}}, "predicts": {"metric": "pass", "direction": "up"}})
print(json.dumps({"schema": "executord.distill.response/1", "request_id": request["request_id"], "plugin": {
    "name": "frequent-commands", "version": "1.0", "deterministic": True}, "proposals": proposals}))
