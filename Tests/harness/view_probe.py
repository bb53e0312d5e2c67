"""Runs in the chroot: starts `harbor view` on a folder of jobs and looks at every trial as a browser would.

Prints a line `ok|no<TAB>what<TAB>detail` for each look; status 1 when one went wrong.
"""

import json
import pathlib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

jobs = pathlib.Path(sys.argv[1])
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
server = subprocess.Popen(
    ["harbor", "view", str(jobs), "--host", "127.0.0.1", "--port", str(port)],
    stdout=subprocess.DEVNULL,
    stderr=subprocess.STDOUT,
)
is_good = True


def get(path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as reply:
        body = reply.read().decode()
        return json.loads(body) if reply.headers.get_content_type() == "application/json" else body


def look(name, found, expected):
    global is_good
    is_right = found == expected
    is_good = is_good and is_right
    print("ok" if is_right else "no", name, f"found {found!r}, expected {expected!r}".replace("\n", " "), sep="\t")


try:
    for _ in range(300):
        try:
            get("/api/jobs")
            break
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    listed = {job["name"] for job in get("/api/jobs")["items"]}
    folders = [job for job in jobs.iterdir() if job.is_dir()]
    look("lists the jobs", listed, {job.name for job in folders})
    look("the page", "<html" in get("/").lower(), True)
    for job in folders:
        for trial in (folder for folder in job.iterdir() if (folder / "result.json").exists()):
            base = f"/api/jobs/{job.name}/trials/{trial.name}"
            result = json.loads((trial / "result.json").read_text())
            agent = result["agent_info"]["name"]
            shown = get(base)
            look(f"{agent}: the rewards", shown["verifier_result"]["rewards"], result["verifier_result"]["rewards"])
            written = json.loads((trial / "agent/trajectory.json").read_text())
            look(f"{agent}: the trajectory", len(get(base + "/trajectory")["steps"]), len(written["steps"]))
            output = (trial / "verifier/test-stdout.txt").read_text()
            look(f"{agent}: the verifier's output", get(base + "/verifier-output")["stdout"], output)
finally:
    server.terminate()
sys.exit(0 if is_good else 1)
