"""The agents of examples/ solve hello-world."""

from station import REPOSITORY, Check

TASK = REPOSITORY / "tasks/examples/hello-world"


def run(station):
    for name, argv in (
        ("agent.py", ["python3", REPOSITORY / "examples/agent.py"]),
        ("agent.sh", ["sh", REPOSITORY / "examples/agent.sh"]),
    ):
        summary = station.trials(TASK, "--", *argv)[0]
        log = station.executorctl("show", summary["trial"]).stdout
        yield Check.of(f"examples: {name} solves hello-world", summary.get("reward") == 1, log)
