#!/usr/bin/env python3
"""Checks the suite without the product, in throw-away roots made by bubblewrap: check.py [TASK-DIRECTORY...]

For every task: the oracle earns 1, twice with the same bytes; doing nothing, empty output files, the instruction
pasted into every output file, the cheat of examples/cheat.json and each plausible but wrong attempt in
`wrong/<task>/` earn nothing; and the task is what its family's generate.py makes of seed 0. An attempt named
shortcut*.sh has to be just that: every outcome check holds, a process check does not.
Without arguments also for 12 further instances of every family's learning tiers and 12 of the others: the oracle earns
1, doing nothing and one of the wrong attempts, each in turn, nothing.
The verifier meets what Harbor's shared mode would leave it: /tests and /logs/verifier as the agent left them.
"""
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SUITE = Path(__file__).resolve().parent
LIMIT = 60
LEARNING = ("t1", "t2", "t3")
INSTANCES = 12  # further ones of each family: of its learning tiers, and of the others
WORKERS = 4  # more than cores: some attempts only wait
SLOW = {"never-answers", "floods"}  # attempts that last until a limit; tried on the kept tasks only


class Unwell(Exception):
    """An attempt did not run well, so that its failure would prove nothing."""


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
        """Harbor's shared mode once the agent stopped: (rewards, checks passed, checks, reports, seconds)."""
        for name in ("reward.txt", "reward.json"):
            (self.place / "logs" / name).unlink(missing_ok=True)
        shutil.copytree(self.task / "tests", self.place / "tests", dirs_exist_ok=True)
        started = time.monotonic()
        self.run("/tests/test.sh")
        seconds = time.monotonic() - started
        raw = [self.report(name) for name in ("reward.json", "ctrf.json")]
        tests = json.loads(raw[1])["results"]["tests"] if raw[1] else []
        passed = sum(test["status"] == "passed" for test in tests)
        return json.loads(raw[0]) if raw[0] else {}, passed, len(tests), raw, seconds

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
        raise Unwell(f"{script}: exit status {done.returncode}: {done.stderr[-600:]}")


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


def report_of(task, attempts, parent, repeat=True):
    """(a line about a task, complaints): the oracle earns 1 (again, if `repeat`), none of the attempts anything."""
    complaints = []
    root = Root(task, parent)
    solved = root.run("/solution/solve.sh", binds=[(task / "solution", "/solution")])
    rewards, _, count, reports, seconds = root.verdict()
    if rewards.get("reward") != 1:
        complaints.append(f"oracle earns {rewards}: {solved.stderr[-600:]}\n{reports[1].decode()}")
    if repeat and root.verdict()[3] != reports:
        complaints.append("the verifier's second report differs from its first")
    if count < 4:
        complaints.append(f"only {count} checks")
    if task.name.startswith("t5") and "process" not in rewards:
        complaints.append("no process checks")
    outcomes = []
    for name, attempt in attempts.items():
        root = Root(task, parent)
        try:
            attempt(root)
        except Unwell as error:
            complaints.append(str(error))
            continue
        rewards, passed, _, reports, _ = root.verdict()
        outcomes.append(f"{name} {passed if rewards else 'unverifiable'}")
        if rewards.get("reward", 0) != 0:
            complaints.append(f"attempt {name} earns {rewards}")
        if name.startswith("shortcut") and (rewards.get("outcome"), rewards.get("process")) != (1, 0):
            complaints.append(f"attempt {name} is no shortcut: {rewards}\n{reports[1].decode()}")
    return f"{count} checks, verifier {seconds:.3f} s; checks passed by: {', '.join(outcomes)}", complaints


def check_kept(task, parent):
    """A task of the repository: every attempt, and what its generator makes of seed 0 is what is kept."""
    name = task.relative_to(SUITE)
    attempts = attempts_of(task)
    line, complaints = report_of(task, attempts, parent)
    generator = task.parent / "generate.py"
    if generator.exists():
        complaints += metadata_complaints(task, attempts)
        made = generated(generator, task.name, 0, parent)
        if contents(made) != contents(task):
            complaints.append(f"differs from what its generator makes; to write it anew: "
                              f"{generator.relative_to(SUITE)} --seed 0 --tier {tier_of(task.name)} --out {name}")
    return f"{name}: {line}", [f"{name}: {complaint}" for complaint in complaints]


def metadata_complaints(task, attempts):
    """What a tier asks of a kept task beside its verdicts."""
    metadata, tier = tomllib.loads((task / "task.toml").read_text())["metadata"], tier_of(task.name)
    wrong = [name for name in attempts if name not in ("nop", "empty", "pasted", "cheat")]
    families = {path.parent.name for path in SUITE.glob("*/*/generate.py")}
    composed = metadata.get("composes", [])
    rules = {"at least three wrong attempts": len(wrong) >= 3,
             "split is that of its tier": metadata["split"] == ("learning" if tier in LEARNING else "evaluation"),
             "an attempt shortcut*.sh": tier != "t5" or any(name.startswith("shortcut") for name in wrong),
             "composes: its own family and another": tier != "t6" or (
                 task.parent.name in composed and set(composed) <= families and len(set(composed)) > 1)}
    return [f"lacks: {rule}" for rule, kept in rules.items() if not kept]


def skill_complaints(family):
    """The family's skill is there under its name, and has no answer of a kept task."""
    path = family / "skill" / family.name / "SKILL.md"
    if not path.is_file():
        return [f"{path.relative_to(SUITE)}: missing"]
    text = path.read_text()
    rules = {f"the front matter's name is {family.name}": f"\nname: {family.name}\n" in text,
             "a description": "\ndescription: " in text,
             "no figure of an expected answer": not answers_of(family) & figures(text)}
    return [f"{path.relative_to(SUITE)}: lacks: {rule}" for rule, kept in rules.items() if not kept]


def figures(text):
    """Words of four characters and more with a digit in them."""
    return {word for word in re.findall(r"[\w.-]{4,}", text) if any(character.isdigit() for character in word)}


def answers_of(family):
    """Figures that only the verifiers of the family's kept tasks say."""
    answers, seen = set(), set()
    for task in family.glob("t*/task.toml"):
        for path in task.parent.rglob("*"):
            if path.is_file() and path.suffix not in (".db", ".db-wal"):
                words = figures(path.read_bytes().decode("utf-8", "replace"))
                if path.parent.name == "tests" and path.name == "expected.json":
                    answers |= words
                elif path.parent.name not in ("tests", "solution"):
                    seen |= words
    return answers - seen


def check_generated(generator, tier, seed, parent):
    """Another instance of a family: oracle, nop, and in turn one of the attempts that fail on the kept one."""
    name = f"{generator.parent.relative_to(SUITE)} {tier_of(tier)} seed {seed}"
    try:
        task = generated(generator, tier, seed, parent)
    except subprocess.CalledProcessError as error:
        return f"{name}: not generated", [f"{name}: {error.stderr[-600:]}"]
    wrong = [script for script in sorted((generator.parent / "wrong" / tier).glob("*.sh")) if script.stem not in SLOW]
    script = wrong[seed // 3 % len(wrong)]
    attempts = {"nop": lambda root: None, script.stem: lambda root: run_script(root, script)}
    line, complaints = report_of(task, attempts, parent, repeat=False)
    shutil.rmtree(task)
    return f"{name}: {line}", [f"{name}: {complaint}" for complaint in complaints]


def generated(generator, tier, seed, parent):
    task = Path(tempfile.mkdtemp(dir=parent)) / tier
    subprocess.run([sys.executable, generator, "--seed", str(seed), "--tier", tier_of(tier), "--out", task], check=True,
                   capture_output=True, text=True)
    return task


def tier_of(name):
    return name.partition("-")[0]


def tiers_of(family):
    """The family's learning tiers, and its others."""
    tiers = sorted(path.parent.name for path in family.glob("t*/task.toml"))
    return [[tier for tier in tiers if (tier_of(tier) in LEARNING) is learning] for learning in (True, False)]


def contents(task):
    """Path to mode and bytes of every file."""
    return {path.relative_to(task): (path.stat().st_mode & 0o111, path.read_bytes())
            for path in task.rglob("*") if path.is_file()}


def main():
    named = [Path(name).resolve() for name in sys.argv[1:]]
    # A task of several steps has no instruction of its own: executord's tests check that example.
    kept = named or sorted(path.parent for path in SUITE.rglob("instruction.md")
                           if (path.parent / "task.toml").is_file())
    generators = [] if named else sorted(SUITE.glob("*/*/generate.py"))
    with tempfile.TemporaryDirectory() as parent, ThreadPoolExecutor(WORKERS) as pool:
        jobs = [pool.submit(check_kept, task, parent) for task in kept]
        jobs += [pool.submit(check_generated, generator, tiers[seed % len(tiers)], seed, parent)
                 for generator in generators for tiers in tiers_of(generator.parent) if tiers
                 for seed in range(1, INSTANCES + 1)]
        complaints = [complaint for generator in generators for complaint in skill_complaints(generator.parent)]
        for job in jobs:
            line, found = job.result()
            print(line, flush=True)
            complaints += found
    for complaint in complaints:
        print(f"FAULT {complaint}", file=sys.stderr)
    print(f"{len(kept)} tasks, {len(jobs) - len(kept)} further instances, {len(complaints)} faults")
    return 1 if complaints or not kept else 0


if __name__ == "__main__":
    sys.exit(main())
