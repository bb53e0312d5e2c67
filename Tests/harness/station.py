"""What all checks share: a daemon of their own, the chroot with Harbor, the virtual environment of the host."""

import http.server
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import tempfile
import threading
from typing import NamedTuple

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PLACE = REPOSITORY / ".build/harness"
CHROOT = PLACE / "trixie"
HOST = PLACE / "host/bin"


class Check(NamedTuple):
    """One row of the table."""

    name: str
    outcome: str
    detail: str = ""
    outcomes = ("passed", "failed", "unavailable")

    @classmethod
    def of(cls, name, is_good, detail=""):
        return cls(name, "passed" if is_good else "failed", "" if is_good else detail)


class Page(http.server.BaseHTTPRequestHandler):
    """What this machine has for tasks that may ask for it."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"from the host")

    def log_message(self, *_):
        pass


class Station:
    """A daemon for the time of the checks; nothing of it stays."""

    def __init__(self, parts):
        self.parts = parts
        self.programs = pathlib.Path(os.environ.get("EXECUTORD_BIN", REPOSITORY / ".build/release")).resolve()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="harness-"))
        self.socket = self.folder / "run/executord.sock"

    def __enter__(self):
        (self.folder / "run").mkdir()
        configuration = self.folder / "executord.toml"
        self.page = http.server.ThreadingHTTPServer(("", 0), Page)
        threading.Thread(target=self.page.serve_forever, daemon=True).start()
        # What a task lists is not opened by that alone.
        configuration.write_text(
            f'[network]\nallowedHosts = ["127.0.0.1"]\nports = [{self.page.server_port}]\n'
        )
        ready, report = os.pipe()
        self.daemon = subprocess.Popen(
            [self.programs / "executord", "--state", self.folder / "state", "--socket", self.socket]
            + ["--config", configuration, "--ready-fd", str(report)],
            pass_fds=[report],
            stdin=subprocess.DEVNULL,
            stderr=open(self.folder / "daemon.log", "wb"),
            env=self.environment(),
        )
        os.close(report)
        with open(ready, encoding="utf-8") as stream:
            line = stream.readline()
        if not line.startswith("ready "):
            raise RuntimeError(f"the daemon does not start: {line or self.log()}")
        self.install()
        return self

    def __exit__(self, *_):
        self.page.shutdown()
        self.page.server_close()
        self.daemon.terminate()
        try:
            self.daemon.wait(30)
        except subprocess.TimeoutExpired:
            self.daemon.kill()
            self.daemon.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self):
        return (self.folder / "daemon.log").read_text(errors="replace")

    def environment(self, **more):
        """Without what this process was told of other daemons and packages."""
        kept = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
        path = f"{self.programs}:{os.environ.get('PATH', '/usr/bin:/bin')}"
        return {"PATH": path, "EXECUTORD_SOCKET": str(self.socket), **kept, **more}

    def install(self):
        """`pip install clients/python`, offline, into both environments: as people get it."""
        options = ["--no-index", "--no-deps", "--force-reinstall", "--disable-pip-version-check", "--quiet"]
        if "host" in self.parts:
            self.run([HOST / "pip", "install", *options, REPOSITORY / "clients/python"], check=True)
        if "chroot" in self.parts:
            self.in_chroot(["/opt/harbor/bin/pip", "install", *options, "/srv/executord/clients/python"], check=True)

    def run(self, argv, timeout=300, check=False, **environment):
        """Runs a program of the host to its end; stdout and stderr together in `stdout`."""
        done = subprocess.run(
            [str(word) for word in argv],
            env=self.environment(**environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout,
            cwd=REPOSITORY,
        )
        if check and done.returncode != 0:
            raise RuntimeError(f"{shlex.join(map(str, argv))}: status {done.returncode}\n{done.stdout}")
        return done

    def in_chroot(self, argv, timeout=400, check=False):
        """Runs a program in the chroot, which sees the repository in /srv/executord, our folder in /srv/harness and the
        daemon's socket. Its mounts and processes end with it."""
        script = """set -e
            for folder in srv/executord srv/harness run/executord; do mkdir -p "$1/$folder"; done
            mount --bind "$2" "$1/srv/executord"; mount -o remount,ro,bind "$1/srv/executord"
            mount --bind "$3" "$1/srv/harness"
            mount --bind "$3/run" "$1/run/executord"
            mount -t proc proc "$1/proc"
            chroot=$1; shift 3
            exec chroot "$chroot" /usr/bin/env -i HOME=/root LANG=C.UTF-8 HARBOR_TELEMETRY=0 TERM=dumb COLUMNS=200 \\
                PATH=/opt/harbor/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
        """
        words = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "/bin/sh", "-c", script, "sh"]
        return self.run(words + [CHROOT, REPOSITORY, self.folder] + list(argv), timeout=timeout, check=check)

    def executorctl(self, *words, timeout=300):
        return self.run([self.programs / "executorctl", *words], timeout=timeout)

    def trials(self, *words, timeout=300):
        """`executorctl run … --json`: the summaries of its trials."""
        done = subprocess.run(
            [str(word) for word in (self.programs / "executorctl", "run", "--json", *words)],
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        try:
            return [trial["summary"] for trial in json.loads(done.stdout)["trials"]]
        except (ValueError, KeyError) as error:
            said = f"status {done.returncode}\n{done.stdout}{done.stderr}"
            raise RuntimeError(f"executorctl run {words}: {said}") from error


def has_verb(station, *words):
    """Whether this executorctl has a verb."""
    return station.executorctl(*words, "--help").returncode == 0
