"""mini-swe-agent, with a model that says what it is told, on `executord.Session` as its environment."""

from station import HOST, REPOSITORY, Check

TASK = REPOSITORY / "tasks/examples/hello-world"


def run(station):
    agent = [HOST / "python", REPOSITORY / "Tests/harness/mini_swe_agent.py"]
    environment = ["env", f"MSWEA_GLOBAL_CONFIG_DIR={station.folder}", "MSWEA_SILENT_STARTUP=1"]
    [summary] = station.trials(TASK, "--", *environment, *agent, timeout=120)
    show = station.executorctl("show", summary["trial"]).stdout
    is_good = summary.get("reward") == 1 and summary["actions"] >= 3
    yield Check.of("mini-swe-agent: solves hello-world below executorctl run", is_good, f"{summary}\n{show}")
