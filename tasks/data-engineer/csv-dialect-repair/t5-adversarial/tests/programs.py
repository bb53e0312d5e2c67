"""Running a program that an agent wrote, for verifiers that judge behaviour. Executed after verdict.py, never imported.

The program gets no way to write: RLIMIT_FSIZE is 0 and cannot be raised again without CAP_SYS_RESOURCE of the host, so
a program that kills its verifier still cannot leave a reward behind. The verifier's memory is closed to it by
PR_SET_DUMPABLE (prctl(2)). Standard output goes through a pipe and is capped.
"""
import ctypes
import os
import resource
import signal
import subprocess
import threading
import time

PYTHON = "/usr/bin/python3"
PR_SET_DUMPABLE = 4
OUTPUT_LIMIT = 1 << 20


def _confine():
    for limit, value in ((resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_CPU, 5)):
        resource.setrlimit(limit, (value, value))


class ProgramRun:
    """One running program: started at once, so that several run side by side; `finish` gives status and output."""

    def __init__(self, arguments, directory):
        self.output = b""
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/nonexistent"}
        self.process = subprocess.Popen(
            arguments, cwd=directory, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, start_new_session=True, preexec_fn=_confine)
        self.reader = threading.Thread(target=self._read, daemon=True)

    def _read(self):
        while len(self.output) <= OUTPUT_LIMIT and (chunk := self.process.stdout.read1(65536)):
            self.output += chunk

    def finish(self, deadline):
        """(exit status or None when it ran out of time, output). Its process group is gone afterwards."""
        status = None
        self.reader.join(max(0, deadline - time.monotonic()))
        try:
            ended = not self.reader.is_alive() and len(self.output) <= OUTPUT_LIMIT
            status = self.process.wait(1 if ended else 0)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        return status, self.output[:OUTPUT_LIMIT + 1]


def run_programs(commands, directory, seconds):
    """Runs the argument lists side by side in `directory`, all within `seconds`; (status, output) of each, in order."""
    write_json("reward.json", {"reward": 0, "fraction": 0})
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    runs = [ProgramRun(arguments, directory) for arguments in commands]
    for run in runs:
        run.reader.start()
    deadline = time.monotonic() + seconds
    return [run.finish(deadline) for run in runs]
