"""What every verifier of the suite shares: reading what an agent left without trusting it, and reporting.

A verifier executes this text (see any verify.py) and never imports it: an import would consult packages and byte-code
caches that an agent may have left in /tests where that directory is shared.
Reports are byte for byte repeatable, so the times that CTRF asks for are 0.
"""
import hashlib
import json
import os
import stat

LOGS = "/logs/verifier"
SIZE_LIMIT = 8 << 20


class Failed(Exception):
    """A check that does not hold; the message says how, without telling the expected value."""


def expect(condition, message):
    if not condition:
        raise Failed(message)


def read_file(path, limit=SIZE_LIMIT):
    """The bytes of a regular file. Links, pipes and devices are refused, so that nothing can stall or redirect us."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:
        expect(stat.S_ISREG(os.fstat(descriptor).st_mode), f"{path} is not a regular file")
        content = file.read(limit + 1)
    expect(len(content) <= limit, f"{path} is larger than {limit} bytes")
    return content


def read_json(path):
    return json.loads(read_file(path).decode("utf-8"))


def files_below(directory):
    """Paths of all that is no directory, links among them, from `directory` on."""
    return sorted(os.path.relpath(os.path.join(place, name), directory)
                  for place, inner, names in os.walk(directory)
                  for name in names + [name for name in inner if os.path.islink(os.path.join(place, name))])


def expect_untouched(directory, digests):
    """`directory` holds exactly the files named in `digests` (path to SHA-256), each with its original content."""
    expect(files_below(directory) == sorted(digests), f"{directory} no longer holds exactly the files it came with")
    for name, digest in sorted(digests.items()):
        content = read_file(f"{directory}/{name}")
        expect(hashlib.sha256(content).hexdigest() == digest, f"{directory}/{name} was changed")


class Verdict:
    """Collects named checks; the reward is 1 only if every one of them passed.

    A check is of the outcome, what was made, or of the process: what the results show of how it was made.
    """

    def __init__(self):
        self.statuses = {}
        self.tests = []

    def check(self, name, body, needs=(), kind="outcome"):
        """Runs `body`, which raises unless the check holds; skipped when a check named in `needs` did not pass."""
        status, message = "passed", ""
        missing = [other for other in needs if self.statuses[other] != "passed"]
        if missing:
            status, message = "skipped", f"needs {missing[0]}"
        else:
            try:
                body()
            except Failed as failure:
                status, message = "failed", str(failure)
            except Exception as error:
                status, message = "failed", f"{type(error).__name__}: {error}"
        self.statuses[name] = status
        self.tests.append({"name": name, "status": status, "duration": 0, "tags": [kind]}
                          | ({"message": message} if message else {}))
        print(f"{status}: {name}" + (f" ({message})" if message else ""))

    def write(self):
        """Writes ctrf.json, then reward.json: a verifier that dies half-way has given no reward."""
        count = {status: sum(test["status"] == status for test in self.tests)
                 for status in ("passed", "failed", "skipped", "pending", "other")}
        summary = {"tests": len(self.tests)} | count | {"start": 0, "stop": 0}
        results = {"tool": {"name": "executord-tasks"}, "summary": summary, "tests": self.tests}
        write_json("ctrf.json", {"reportFormat": "CTRF", "specVersion": "0.0.0", "results": results})
        fraction = round(count["passed"] / len(self.tests), 4)
        groups = self.groups() if any("process" in test["tags"] for test in self.tests) else {}
        write_json("reward.json", {"reward": int(count["passed"] == len(self.tests)), "fraction": fraction} | groups)

    def groups(self):
        """1 or 0 for each kind of check: right without the procedure is outcome 1 and process 0."""
        return {kind: int(all(test["status"] == "passed" for test in self.tests if kind in test["tags"]))
                for kind in ("outcome", "process")}


def write_json(name, value):
    """Replaces the file as a whole: what stood there before, a link included, is neither followed nor appended to."""
    path = f"{LOGS}/{name}"
    if os.path.lexists(f"{path}.new"):
        os.unlink(f"{path}.new")
    descriptor = os.open(f"{path}.new", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    with open(descriptor, "w", encoding="utf-8") as file:
        json.dump(value, file, indent=1)
        file.write("\n")
    os.replace(f"{path}.new", path)
