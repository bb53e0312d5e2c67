"""Where a daemon is found, and how one of the caller's own is started: the same rules as `executorctl`."""

from __future__ import annotations

import os
import select
import shutil
import socket
import subprocess
import time
from typing import List, Mapping, NamedTuple, Optional, Tuple

from .errors import DaemonUnreachable

#: What an embedded daemon's environment is made of; the rest, secrets perhaps, stays with the client.
_INHERITED = (
    "PATH HOME USER LOGNAME LANG LC_ALL TZ TMPDIR XDG_RUNTIME_DIR XDG_STATE_HOME XDG_CONFIG_HOME XDG_DATA_HOME "
    "XDG_CACHE_HOME SWIFT_BACKTRACE"
).split()
_START_SECONDS = 30.0
#: Daemons that were started from here: kept, so that Python does not warn that nobody waits for them.
_started: List["subprocess.Popen[bytes]"] = []


class Location(NamedTuple):
    """A socket where a daemon may listen; `kind` is ``named``, ``system``, ``user`` or ``embedded``."""

    kind: str
    path: str


def state_directory(environment: Mapping[str, str]) -> Optional[str]:
    """Where an embedded daemon keeps what it stores."""
    if environment.get("EXECUTORD_STATE"):
        return os.path.abspath(environment["EXECUTORD_STATE"])
    for variable, below in (("XDG_STATE_HOME", "executord"), ("HOME", ".local/state/executord")):
        if environment.get(variable, "").startswith("/"):
            return os.path.join(environment[variable], below)
    return None


def candidates(named: Optional[str] = None, environment: Mapping[str, str] = os.environ) -> List[Location]:
    """Where to look, best first.

    A named socket (`named`, EXECUTORD_SOCKET) is the only place; with EXECUTORD_STATE that directory's own socket is.
    """
    path = named or environment.get("EXECUTORD_SOCKET")
    if path:
        return [Location("named", path)]
    state = state_directory(environment)
    embedded = [Location("embedded", state + "/executord.sock")] if state else []
    if environment.get("EXECUTORD_STATE"):
        return embedded
    places = [Location("system", "/run/executord/executord.sock")]
    if environment.get("XDG_RUNTIME_DIR", "").startswith("/"):
        places.append(Location("user", environment["XDG_RUNTIME_DIR"] + "/executord/executord.sock"))
    return places + embedded


def connect_socket(named: Optional[str] = None, start: bool = True) -> Tuple[socket.socket, str]:
    """A connected socket and its path: of a daemon that is there, else (`start`) of one of our own.

    A named socket is never replaced by another daemon.
    """
    places = candidates(named)
    tried: List[str] = []
    for place in places:
        try:
            return _connect(place.path), place.path
        except OSError as error:
            tried.append(f"\n  {place.path}: {error.strerror or error}")
    is_named = any(place.kind == "named" for place in places)
    if not start or is_named:
        raise DaemonUnreachable(
            "no daemon answers; tried:" + "".join(tried),
            remedy="start the daemon of that socket, or unset EXECUTORD_SOCKET"
            if is_named
            else "start the service ('systemctl start executord'), or run 'executord' yourself",
        )
    # A daemon that is about to end may take our place in between: once more is enough.
    for attempt in (1, 2):
        path = _start_embedded("".join(tried))
        try:
            return _connect(path), path
        except OSError as error:
            if attempt == 2:
                raise DaemonUnreachable(f"the embedded daemon at {path}: {error.strerror}") from error
    raise AssertionError("not reached")


def _connect(path: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(path)
    except BaseException:
        connection.close()
        raise
    return connection


def _start_embedded(tried: str) -> str:
    """Starts `executord --embedded`, which ends by itself when nobody needs it any more; the path of its socket."""
    executable = shutil.which("executord")
    state = state_directory(os.environ)
    if executable is None or state is None:
        missing = "there is no 'executord' in PATH to start" if executable is None else "HOME is not set"
        raise DaemonUnreachable(
            f"no daemon answers, and {missing}; tried:{tried}",
            remedy="install executord and start its service, or run 'executord --state DIR --socket PATH' and set "
            "EXECUTORD_SOCKET to that path",
        )
    remedy = f"run '{executable} --embedded --state {state}' to see why"
    settings = ["--config", os.environ["EXECUTORD_CONFIG"]] if "EXECUTORD_CONFIG" in os.environ else []
    try:
        os.makedirs(state, mode=0o700, exist_ok=True)
        log = open(state + "/executord.log", "ab")
    except OSError as error:
        raise DaemonUnreachable(
            f"cannot create {error.filename}: {error.strerror}", remedy="set EXECUTORD_STATE to a directory of yours"
        ) from error
    ready, report = os.pipe()
    try:
        with log:
            _started.append(
                subprocess.Popen(
                    [executable, "--embedded", "--state", state, "--ready-fd", str(report), *settings],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env={name: os.environ[name] for name in _INHERITED if name in os.environ},
                    pass_fds=[report],
                    start_new_session=True,
                )
            )
        os.close(report)
        report = -1
        line = _read_line(ready)
    except OSError as error:
        raise DaemonUnreachable(f"{executable}: {error.strerror}", remedy=remedy) from error
    finally:
        os.close(ready)
        if report >= 0:
            os.close(report)
    if line.startswith("ready "):
        return line[len("ready ") :]
    cause = line[len("error ") :] if line.startswith("error ") else f"it ended or hung without a word; see {log.name}"
    raise DaemonUnreachable(f"the embedded daemon did not start: {cause}", remedy=remedy)


def _read_line(descriptor: int) -> str:
    """The first line, as much of it as came before the end of the stream or of the time."""
    line = b""
    end = time.monotonic() + _START_SECONDS
    while len(line) < 8192:
        if not select.select([descriptor], [], [], max(0.0, end - time.monotonic()))[0]:
            break
        byte = os.read(descriptor, 1)
        if byte in (b"", b"\n"):
            break
        line += byte
    return line.decode(errors="replace")
