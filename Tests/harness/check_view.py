"""What `executorctl export` writes passes Harbor's validator and opens in `harbor view`."""

from station import REPOSITORY, Check

TASK = REPOSITORY / "tasks/examples/hello-world"


def run(station):
    job = station.folder / "exported"
    job.mkdir()
    agents = {"oracle": [TASK], "oracle --steps": [TASK, "--steps"], "nop": [TASK, "--agent", "nop"]}
    agents["agent.py"] = [TASK, "--", "python3", REPOSITORY / "examples/agent.py"]
    for agent, words in agents.items():
        [summary] = station.trials(*words)
        exported = station.executorctl("export", summary["trial"], job)
        if exported.returncode != 0:
            yield Check.of(f"view: export of a trial by {agent}", False, exported.stdout)
            continue
        inside = f"/srv/harness/exported/{summary['job']}/{summary['trial']}/agent/trajectory.json"
        done = station.in_chroot(["/opt/harbor/bin/python", "-m", "harbor.utils.trajectory_validator", inside])
        yield Check.of(f"view: trajectory of {agent} passes Harbor's validator", done.returncode == 0, done.stdout)
    done = station.in_chroot(
        ["/opt/harbor/bin/python", "/srv/executord/Tests/harness/view_probe.py", "/srv/harness/exported"], timeout=120
    )
    lines = [line.split("\t") for line in done.stdout.splitlines() if line.count("\t") == 2]
    for outcome, name, detail in lines:
        yield Check.of(f"view: {name}", outcome == "ok", detail)
    yield Check.of("view: harbor view shows all", done.returncode == 0 and bool(lines), done.stdout)
