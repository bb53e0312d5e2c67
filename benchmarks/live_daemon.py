"""A daemon of a benchmark's own, and the barest client: what is measured is the daemon, not a library."""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time


class Daemon:
    """Started in a fresh state directory; both end with the `with` block."""

    def __init__(self, programs):
        self.programs = programs

    def __enter__(self):
        self.place = tempfile.mkdtemp(prefix="executord-benchmark.")
        self.socket = self.place + "/socket"
        self.process = subprocess.Popen(
            [self.programs + "/executord", "--state", self.place + "/state", "--socket", self.socket],
            stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + 20
        while not os.path.exists(self.socket):
            if time.monotonic() > end or self.process.poll() is not None:
                raise SystemExit("the daemon does not start; see 'executorctl doctor'")
            time.sleep(0.01)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.place, ignore_errors=True)

    def resident(self):
        """MiB."""
        with open(f"/proc/{self.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024


class Client:
    """One connection, one call at a time."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.lines = self.socket.makefile("rb")

    def call(self, method, **params):
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        self.socket.sendall(json.dumps(request).encode() + b"\n")
        reply = json.loads(self.lines.readline())
        if "error" in reply:
            raise SystemExit(f"{method}: {reply['error']['message']}")
        return reply["result"]


def milliseconds(body):
    begin = time.perf_counter()
    body()
    return 1000 * (time.perf_counter() - begin)


def quantile(samples, part):
    return sorted(samples)[min(len(samples) - 1, int(len(samples) * part))]


def line(name, samples, peer=None):
    ratio = f"  {quantile(samples, 0.5) / quantile(peer, 0.5):5.2f}" if peer else ""
    return f"{name:52} {quantile(samples, 0.5):7.2f} {quantile(samples, 0.95):7.2f}{ratio}"
