"""Stock Harbor runs our own tasks through `executord.harbor`, with the rewards of `executorctl run`."""

import json
import shutil

from station import REPOSITORY, Check

ENVIRONMENT = "executord.harbor:ExecutordEnvironment"
HELLO = "/srv/executord/tasks/examples/hello-world"
OWN_TASKS = "/srv/executord/Tests/harness/tasks"


def run(station):
    for agent, reward in (("oracle", 1.0), ("nop", 0.0)):
        yield by_command_line(station, agent, reward)
    yield from all_tasks(station)
    yield cancellation(station)
    yield refusal(station)
    yield allowlist(station)
    yield memory(station)


def by_command_line(station, agent, reward):
    job = f"cli-{agent}"
    done = harbor(station, job, ["-p", HELLO, "-a", agent, "-e", ENVIRONMENT])
    results = read(station, job)
    is_good = done.returncode == 0 and [rewards(result) for result in results] == [{"reward": reward}]
    return Check.of(f"harbor: run -p hello-world -a {agent} -e {ENVIRONMENT}", is_good, done.stdout)


def all_tasks(station):
    """Every task below tasks/ with both agents, in one job, beside `executorctl run` of the same."""
    folders = sorted(path.parent.relative_to(REPOSITORY) for path in (REPOSITORY / "tasks").rglob("task.toml"))
    configuration = {
        "job_name": "all",
        "jobs_dir": "/srv/harness/jobs",
        "n_concurrent_trials": 2,
        "quiet": True,
        "agents": [{"name": "oracle"}, {"name": "nop"}],
        "environment": {"import_path": ENVIRONMENT},
        "tasks": [{"path": f"/srv/executord/{folder}"} for folder in folders],
    }
    (station.folder / "all.json").write_text(json.dumps(configuration))
    done = station.in_chroot(["harbor", "run", "-c", "/srv/harness/all.json", "-y"])
    theirs = {(r["config"]["agent"]["name"], r["task_name"]): r for r in read(station, "all")}
    for agent in ("oracle", "nop"):
        ours = {trial["task"]: trial for trial in station.trials(REPOSITORY / "tasks", "--agent", agent, timeout=400)}
        wrong = []
        for task, trial in ours.items():
            result = theirs.get((agent, task))
            if result is None or rewards(result).get("reward") != trial.get("reward"):
                found = result and (rewards(result) or result["exception_info"])
                wrong.append(f"{task}: executorctl {trial.get('outcome')} {trial.get('reward')}, Harbor {found}")
        is_good = len(ours) == len(folders) and not wrong
        detail = "\n".join(wrong) or f"{len(folders)} tasks, {len(ours)} trials\n{done.stdout[-2000:]}"
        yield Check.of(f"harbor: {len(ours)} tasks, {agent}: the rewards of executorctl run", is_good, detail)


def cancellation(station):
    """Harbor cancels an agent whose time is up: nothing that it started may see the verifier."""
    done = harbor(station, "cancelled", ["-p", f"{OWN_TASKS}/leaves-processes", "-a", "oracle", "-e", ENVIRONMENT])
    [result] = read(station, "cancelled") or [{}]
    is_good = exception(result) == "AgentTimeoutError" and rewards(result) == {"reward": 1.0}
    return Check.of("harbor: a cancelled agent leaves no process to the verifier", is_good, describe(result, done))


def refusal(station):
    done = harbor(station, "refused", ["-p", f"{OWN_TASKS}/needs-network", "-a", "oracle", "-e", ENVIRONMENT])
    results = read(station, "refused")
    told = exception(results[0]) if results else done.stdout
    is_good = "NetworkPolicyUnsupportedError" in told and not any(rewards(result) for result in results)
    return Check.of("harbor: a task that asks for a network is refused by name", is_good, told or done.stdout)


def allowlist(station):
    """A host on the task's list is reached through the daemon's proxy; nothing else is, by no way."""
    task = station.folder / "asks-a-listed-host"
    shutil.copytree(REPOSITORY / "Tests/harness/tasks/asks-a-listed-host", task)
    solution = task / "solution/solve.sh"
    solution.write_text(solution.read_text().replace("PORT", str(station.page.server_port)))
    done = harbor(station, "listed", ["-p", f"/srv/harness/{task.name}", "-a", "oracle", "-e", ENVIRONMENT])
    [result] = read(station, "listed") or [{}]
    is_good = rewards(result) == {"reward": 1.0}
    return Check.of("harbor: an allow-list opens the hosts on it, and no others", is_good, describe(result, done))


def memory(station):
    done = harbor(station, "memory", ["-p", f"{OWN_TASKS}/exceeds-memory", "-a", "oracle", "-e", ENVIRONMENT])
    [result] = read(station, "memory") or [{}]
    return Check.of(
        "harbor: a command beyond memory_mb is a MemoryLimitExceededError",
        exception(result) == "MemoryLimitExceededError",
        describe(result, done),
    )


def harbor(station, job, words):
    return station.in_chroot(["harbor", "run", *words, "-o", "/srv/harness/jobs", "--job-name", job, "-y", "-q"])


def read(station, job):
    paths = (station.folder / "jobs" / job).glob("*/result.json")
    return [json.loads(path.read_text()) for path in sorted(paths)]


def rewards(result):
    return (result.get("verifier_result") or {}).get("rewards") or {}


def exception(result):
    return (result.get("exception_info") or {}).get("exception_type", "")


def describe(result, done):
    return f"{exception(result) or 'no exception'}, rewards {rewards(result)}\n{done.stdout[-1500:]}"
