#!/usr/bin/env python3
"""Checks the suite without the product, in throw-away roots made by bubblewrap: check.py [TASK-DIRECTORY...]

For every task: the oracle earns 1, twice with the same bytes; doing nothing, empty output files, the instruction
pasted into every output file, the cheat of examples/cheat.json and each plausible but wrong attempt in
`wrong/<task>/` earn nothing.
The verifier meets what Harbor's shared mode would leave it: /tests and /logs/verifier as the agent left them.
"""
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SUITE = Path(__file__).resolve().parent
LIMIT = 60


class Root:
    """The directories of one throw-away trial."""

    def __init__(self, task, parent):
        self.task = task
        self.place = Path(tempfile.mkdtemp(dir=parent))
        for name in ("app", "tests", "logs"):
            (self.place / name).mkdir()
        if (task / "environment").is_dir():
            shutil.copytree(task / "environment", self.place / "app", dirs_exist_ok=True)

    def run(self, *command, binds=()):
        """Runs a command with /usr read-only and nothing else of the host; everything in it dies when it returns."""
        arguments = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--clearenv", "--proc", "/proc",
                     "--dev", "/dev", "--tmpfs", "/tmp", "--ro-bind", "/usr", "/usr", "--setenv", "PATH",
                     "/usr/local/bin:/usr/bin:/bin", "--setenv", "HOME", "/root", "--dir", "/root"]
        for name in ("bin", "sbin", "lib", "lib64"):
            arguments += ["--symlink", f"usr/{name}", f"/{name}"]
        for source, target in ((self.place / "app", "/app"), (self.place / "tests", "/tests"),
                               (self.place / "logs", "/logs/verifier"), *binds):
            arguments += ["--bind", str(source), target]
        return subprocess.run([*arguments, "--chdir", "/app", "--", *command], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, errors="replace", timeout=LIMIT, check=False)

    def verdict(self):
        """Harbor's shared mode once the agent stopped: (reward or None, checks passed, checks, reports, seconds)."""
        for name in ("reward.txt", "reward.json"):
            (self.place / "logs" / name).unlink(missing_ok=True)
        shutil.copytree(self.task / "tests", self.place / "tests", dirs_exist_ok=True)
        started = time.monotonic()
        self.run("/tests/test.sh")
        seconds = time.monotonic() - started
        raw = [self.report(name) for name in ("reward.json", "ctrf.json")]
        tests = json.loads(raw[1])["results"]["tests"] if raw[1] else []
        passed = sum(test["status"] == "passed" for test in tests)
        return json.loads(raw[0])["reward"] if raw[0] else None, passed, len(tests), raw, seconds

    def report(self, name):
        """What the verifier wrote; a link is not followed."""
        path = self.place / "logs" / name
        return path.read_bytes() if path.is_file() and not path.is_symlink() else b""


def outputs_of(task):
    """Files that the instruction names and that are not there at the start."""
    named = re.findall(r"/app/([\w./-]*\w)", (task / "instruction.md").read_text())
    return [name for name in dict.fromkeys(named) if "." in name and not (task / "environment" / name).exists()]


def fill(root, content):
    for name in outputs_of(root.task):
        path = root.place / "app" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def run_script(root, script):
    """A wrong attempt has to run well, for it is to be refused for its result; it may build on the solution."""
    done = root.run("/bin/sh", "/attempt.sh", binds=[(script, "/attempt.sh"), (root.task / "solution", "/solution")])
    if done.returncode != 0:
        raise SystemExit(f"{script}: exit status {done.returncode}: {done.stderr[-600:]}")


def cheat(root):
    """The replayed actions in one sandbox, background ones left running until it ends."""
    lines = []
    for action in json.loads((SUITE / "examples/cheat.json").read_text())["actions"]:
        words = action.get("argv") or ["/bin/sh", "-c", action["shell"]]
        quoted = " ".join("'" + word.replace("'", "'\\''") + "'" for word in words)
        lines.append(quoted + (" &" if action.get("background") else ""))
    lines += ["sleep 0.3; until test -s /logs/verifier/reward.txt; do sleep 0.1; done"]
    script = root.place / "cheat.sh"
    script.write_text("\n".join(lines) + "\n")
    run_script(root, script)


def attempts_of(task):
    """Name to what the attempt does to a fresh root; none of these may earn anything."""
    attempts = {"nop": lambda root: None, "empty": lambda root: fill(root, b""),
                "pasted": lambda root: fill(root, (task / "instruction.md").read_bytes()), "cheat": cheat}
    for script in sorted((task.parent / "wrong" / task.name).glob("*.sh")):
        attempts[script.stem] = lambda root, script=script: run_script(root, script)
    return attempts


def check_task(task, parent):
    """Complaints about one task; prints a line for it."""
    complaints = []
    root = Root(task, parent)
    solved = root.run("/solution/solve.sh", binds=[(task / "solution", "/solution")])
    reward, _, count, reports, seconds = root.verdict()
    if reward != 1:
        complaints.append(f"oracle earns {reward}: {solved.stderr[-600:]}\n{reports[1].decode()}")
    again = root.verdict()
    if again[3] != reports:
        complaints.append("the verifier's second report differs from its first")
    if count < 4:
        complaints.append(f"only {count} checks")
    outcomes = []
    for name, attempt in attempts_of(task).items():
        root = Root(task, parent)
        attempt(root)
        reward, passed = root.verdict()[:2]
        outcomes.append(f"{name} {'unverifiable' if reward is None else passed}")
        if reward not in (0, None):
            complaints.append(f"attempt {name} earns {reward}")
    print(f"{task.relative_to(SUITE)}: {count} checks, verifier {min(seconds, again[4]):.3f} s; checks passed by: "
          + ", ".join(outcomes))
    return [f"{task.relative_to(SUITE)}: {complaint}" for complaint in complaints]


def copies_that_differ():
    """Shared verifier parts are copied into each task; the copies follow their master."""
    masters = {path.name: path.read_bytes() for path in (SUITE / "harness").glob("*.py")}
    return [f"{path.relative_to(SUITE)} differs from harness/{path.name}: run the family's generate.py"
            for path in sorted(SUITE.rglob("tests/*.py"))
            if path.name in masters and path.read_bytes() != masters[path.name]]


def main():
    tasks = [Path(name).resolve() for name in sys.argv[1:]] or sorted(p.parent for p in SUITE.rglob("task.toml"))
    complaints = copies_that_differ()
    with tempfile.TemporaryDirectory() as parent:
        for task in tasks:
            complaints += check_task(task, parent)
    for complaint in complaints:
        print(f"FAULT {complaint}", file=sys.stderr)
    print(f"{len(tasks)} tasks, {len(complaints)} faults")
    return 1 if complaints or not tasks else 0


if __name__ == "__main__":
    sys.exit(main())
