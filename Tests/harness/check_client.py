"""The Python client and the real daemon: what its unit tests, with a daemon of their own, cannot show."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time

from station import REPOSITORY, Check

PACKAGE = str(REPOSITORY / "clients/python")


def run(station):
    sys.path.insert(0, PACKAGE)
    import executord

    done = station.run([sys.executable, "-m", "unittest", "discover", REPOSITORY / "clients/python/tests"])
    yield Check.of("client: its unit tests", done.returncode == 0, done.stdout)
    with executord.Connection.connect(str(station.socket)) as connection:
        for look in (programs, files, directories, concurrency, errors):
            with executord.Session.open(connection, image="host") as session:
                yield attempt(f"client: {look.__name__}", look, session, executord)
    yield attempt("client: a killed client leaves no trial behind", killed_client, station, executord)
    yield attempt("client: a task's trial is verified", verdict, station, executord)


def attempt(name, look, *arguments):
    try:
        look(*arguments)
    except Exception as error:
        import traceback

        return Check(name, "failed", traceback.format_exc() if not isinstance(error, Wrong) else str(error))
    return Check(name, "passed")


class Wrong(Exception):
    """What was seen is not what was expected."""


def expect(what, seen, expected):
    if seen != expected:
        raise Wrong(f"{what}: {str(seen)[:300]!r}, expected {str(expected)[:300]!r}")


def programs(session, executord):
    result = session.exec("echo out; echo err >&2; exit 3", env={"X": "1"}, timeout=10)
    expect("streams", (result.stdout, result.stderr, result.status), ("out\n", "err\n", 3))
    expect("merged", session.exec("echo a; echo b >&2", merge=True).stdout, "a\nb\n")
    expect("user", session.exec(["id", "-un"], user="nobody").stdout, "nobody\n")
    expect("cwd and env", session.exec("pwd; echo $X", cwd="/tmp", env={"X": "é $x"}).stdout, "/tmp\né $x\n")
    expect("a limit", session.exec("sleep 60 & sleep 60", timeout=0.3).exit.limit, "wallClock")
    expect("nothing of it is left", session.exec("ps ax").stdout.count("sleep"), 0)
    expect("a signal", session.exec("kill -TERM $$").status, 143)
    expect("input", session.exec(["wc", "-c"], stdin=b"x" * (8 << 20)).stdout.strip(), str(8 << 20))
    big = session.exec(["head", "-c", str(3 << 20), "/dev/zero"], output_bytes=4 << 20).output
    expect("output beyond a frame", (big.total_bytes, len(big.data)), (3 << 20, 3 << 20))
    cut = session.exec(["head", "-c", str(3 << 20), "/dev/zero"], output_bytes=1 << 16).output
    expect("output beyond its limit", (len(cut.data), cut.omitted_bytes), (1 << 16, (3 << 20) - (1 << 16)))
    action = session.start("read line; echo \"got $line\"; read line; echo end")
    action.input("one\n")
    expect("live output", action.output(wait=True).data, b"got one\n")
    action.input(end=True)
    expect("the end", action.wait().stdout, "got one\nend\n")
    expect("replay from an offset", action.output(offset=4).data, b"one\nend\n")
    action = session.start(["tty"], terminal=(24, 80))
    expect("a terminal", action.wait().stdout.startswith("/dev/pts/"), True)
    action = session.start("sleep 60 & sleep 60")
    action.kill()
    expect("killed", action.wait().exit.kind in ("signaled", "cancelled"), True)


def files(session, executord):
    content = os.urandom(5 << 20)
    session.write("deep/er/file", content, mode=0o750)
    expect("what was written", session.read("deep/er/file"), content)
    entry = session.stat("deep/er/file")
    expect("its entry", (entry.name, entry.kind, entry.size, entry.mode), ("file", "file", 5 << 20, "750"))
    session.write("deep/er/file", "short")
    session.write("deep/er/file", " and more", append=True)
    expect("appended", session.read_text("deep/er/file"), "short and more")
    part = session.connection.request(
        "action.read", {"session": session.info.token, "path": "deep/er/file", "offset": 6, "length": 3}
    )
    expect("a part", (part["text"], part["size"], part["nextOffset"]), ("and", 14, 9))
    expect("a list", [entry.name for entry in session.list("deep")], ["er"])
    session.remove("deep", recursive=True)
    expect("removed", session.exists("deep"), False)
    with tempfile.TemporaryDirectory() as folder:
        with open(folder + "/run.sh", "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\necho ran\n")
        os.chmod(folder + "/run.sh", 0o755)
        session.upload_file(folder + "/run.sh", "run.sh")
        expect("an uploaded program", session.exec(["./run.sh"]).stdout, "ran\n")
        session.download_file("run.sh", folder + "/back.sh")
        with open(folder + "/back.sh", encoding="utf-8") as file:
            expect("a downloaded file", file.read(), "#!/bin/sh\necho ran\n")


def directories(session, executord):
    with tempfile.TemporaryDirectory() as folder:
        source, target = folder + "/source", folder + "/target"
        os.makedirs(source + "/a/ö")
        with open(source + "/a/ö/f", "wb") as file:
            file.write(b"x" * (3 << 20))
        os.symlink("a/ö/f", source + "/link")
        session.upload(source, "/opt/tree")
        found = session.exec("find . | sort", cwd="/opt/tree").stdout
        expect("the tree inside", found.split(), [".", "./a", "./a/ö", "./a/ö/f", "./link"])
        session.exec("ln -s /etc/passwd bad; ln -s ../../../../etc worse; mkfifo pipe", cwd="/opt/tree")
        session.download("/opt/tree", target)
        expect("the tree outside", sorted(os.listdir(target)), ["a", "link"])
        expect("through the link", os.path.getsize(target + "/link"), 3 << 20)


def concurrency(session, executord):
    """While one thread waits for an action, others act."""
    slow = session.start(["sleep", "3"])
    waiting = threading.Thread(target=slow.wait)
    following = threading.Thread(target=lambda: slow.output(wait=True))
    waiting.start()
    following.start()
    time.sleep(0.2)
    begun = time.monotonic()
    session.exec(["true"])
    took = time.monotonic() - begun
    waiting.join()
    following.join()
    expect("an exec while another action is waited for", "at once" if took < 1.5 else f"after {took:.1f} s", "at once")


def errors(session, executord):
    for name, kind, call in (
        ("a missing file", FileNotFoundError, lambda: session.read("/missing")),
        ("a forbidden one", PermissionError, lambda: session.read("/etc/shadow-", user="nobody")),
        ("reading a directory", IsADirectoryError, lambda: session.read("/etc")),
        ("writing to a directory", IsADirectoryError, lambda: session.write("/etc", "x")),
        ("below a file", NotADirectoryError, lambda: session.write("/etc/passwd/x", "x")),
        ("an exclusive write", FileExistsError, lambda: session.write("/etc/passwd", "x", exclusive=True)),
        ("an unknown trial", executord.NotFound, lambda: session.connection.request("trial.get", {"trial": "nope__x"})),
        ("an unknown method", executord.ProtocolError, lambda: session.connection.request("nope")),
        ("a network", executord.TaskRefused, lambda: open_with(session, network="public")),
        ("an unknown key's type", executord.InvalidParams, lambda: open_with(session, memoryBytes="much")),
    ):
        session.exec("touch /etc/shadow-; chmod 600 /etc/shadow-")
        try:
            call()
        except kind:
            continue
        except Exception as error:
            raise Wrong(f"{name}: {type(error).__name__} {getattr(error, 'reason', None)}: {error}") from error
        raise Wrong(f"{name}: no error")
    session.close()
    try:
        session.exec("true")
    except executord.ExecutordError as error:
        expect("after the end", (error.name, error.reason), ("sessionEnded", "closed"))


def open_with(session, **sandbox):
    session.connection.request("session.open", {"sandbox": sandbox})


def killed_client(station, executord):
    """The opener dies while it waits for an action."""
    program = (
        "import executord, time\n"
        "session = executord.Session.open(image='host')\n"
        "action = session.start(['sleep', '987'])\n"
        "session.connection.submit('action.wait', {'session': session.info.token, 'action': action.number})\n"
        # Answered after the daemon has read the other.
        "session.connection.request('daemon.status')\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)\n"
    )
    client = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, env=station.environment(PYTHONPATH=PACKAGE)
    )
    client.stdout.readline()
    client.send_signal(signal.SIGKILL)
    client.wait()
    client.stdout.close()
    with executord.Connection.connect(str(station.socket)) as connection:
        for _ in range(50):
            running = connection.request("daemon.status")["running"]
            if running == 0:
                return
            time.sleep(0.1)
    raise Wrong(f"{running} trial still runs 5 s after its client was killed")


def verdict(station, executord):
    task = REPOSITORY / "tasks/examples/hello-world"
    with executord.Connection.connect(str(station.socket)) as connection:
        for text, outcome in (("Hello, world!\n", "passed"), ("Hello?\n", "failed")):
            with executord.Session.for_task(task, connection, agent="python") as session:
                session.message("I write it.", reasoning="It is short.", model="none", metrics={"promptTokens": 3})
                session.write("hello.txt", text)
                expect(f"the verdict on {text!r}", session.submit().verdict["outcome"], outcome)
