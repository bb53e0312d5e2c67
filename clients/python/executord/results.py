"""What the daemon answers, as types."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional, Sequence, Union


def encode_bytes(data: Union[str, bytes]) -> Dict[str, str]:
    """As the protocol writes bytes: `text` when they are UTF-8, else `base64`."""
    if isinstance(data, str):
        return {"text": data}
    try:
        return {"text": data.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode("ascii")}


def decode_bytes(value: Mapping[str, Any]) -> bytes:
    """The opposite of `encode_bytes`; empty when neither member is there."""
    if "base64" in value:
        return base64.b64decode(value["base64"])
    return str(value.get("text", "")).encode()


@dataclass(frozen=True)
class Exit:
    """How an action ended: ``exited``, ``signaled``, ``limit``, ``cancelled``, ``notStarted`` or ``running``."""

    kind: str
    code: Optional[int] = None
    signal: Optional[int] = None
    #: ``wallClock``, ``cpuTime``, ``memory``, …
    limit: Optional[str] = None
    reason: Optional[str] = None
    errno: Optional[int] = None

    @classmethod
    def from_wire(cls, value: Mapping[str, Any]) -> "Exit":
        names = ("code", "signal", "limit", "reason", "errno")
        return cls(str(value.get("kind", "")), **{name: value[name] for name in names if name in value})

    @property
    def status(self) -> Optional[int]:
        """The number that a shell would show; None while it runs."""
        if self.kind == "exited":
            return self.code
        if self.kind == "signaled":
            return 128 + (self.signal or 0)
        if self.kind == "limit":
            return 124 if self.limit in ("wallClock", "cpuTime") else 137
        if self.kind == "notStarted":
            return 127 if self.errno == 2 else 126
        return 130 if self.kind == "cancelled" else None


@dataclass(frozen=True)
class Cost:
    """What an action cost; None where this host cannot measure it."""

    wall_milliseconds: float
    cpu_milliseconds: Optional[float] = None
    peak_memory_bytes: Optional[int] = None
    oom_kills: int = 0
    #: How long the sandbox waited for its processor quota meanwhile.
    throttled_milliseconds: float = 0.0
    #: The limits that were met, by name ("memory", "processes", "disk", ...), and what they allow.
    limits: Dict[str, float] = field(default_factory=dict)

    @classmethod
    def from_wire(cls, value: Mapping[str, Any]) -> "Cost":
        return cls(
            wall_milliseconds=value.get("wallMilliseconds", 0.0),
            cpu_milliseconds=value.get("cpuMilliseconds"),
            peak_memory_bytes=value.get("peakMemoryBytes"),
            oom_kills=value.get("oomKills", 0),
            throttled_milliseconds=value.get("throttledMilliseconds", 0.0),
            limits={met["limit"]: met["value"] for met in value.get("limits", [])},
        )


@dataclass(frozen=True)
class Piece:
    """A piece of a stream."""

    data: bytes
    offset: int
    #: All that was printed so far, kept or not, and how much of it was dropped.
    total_bytes: int
    omitted_bytes: int
    #: Where to go on; None when that was all and the stream has ended.
    next_offset: Optional[int]
    #: How the action ended, if it has; told by `action.output` only.
    exit: Optional[Exit] = None

    @classmethod
    def from_wire(cls, value: Mapping[str, Any]) -> "Piece":
        return cls(
            data=decode_bytes(value),
            offset=value.get("offset", 0),
            total_bytes=value.get("totalBytes", 0),
            omitted_bytes=value.get("omittedBytes", 0),
            next_offset=value.get("nextOffset"),
            exit=Exit.from_wire(value["exit"]) if value.get("exit") else None,
        )


@dataclass(frozen=True)
class Output:
    """What is kept of a stream."""

    data: bytes
    total_bytes: int
    omitted_bytes: int

    @classmethod
    def joined(cls, pieces: Sequence[Piece]) -> "Output":
        return cls(b"".join(piece.data for piece in pieces), pieces[-1].total_bytes, pieces[-1].omitted_bytes)


@dataclass(frozen=True)
class ActionResult:
    """How a program ended, what it cost and what it printed."""

    action: int
    exit: Exit
    cost: Cost
    output: Output
    error_output: Output

    @property
    def status(self) -> int:
        """The number that a shell would show."""
        status = self.exit.status
        return 0 if status is None else status

    @property
    def succeeded(self) -> bool:
        return self.exit.kind == "exited" and self.exit.code == 0

    @property
    def stdout(self) -> str:
        """As text; bytes that are not UTF-8 are replaced."""
        return self.output.data.decode(errors="replace")

    @property
    def stderr(self) -> str:
        return self.error_output.data.decode(errors="replace")


@dataclass(frozen=True)
class Entry:
    """A file of the sandbox: `kind` is ``file``, ``directory``, ``symlink`` or ``other``; `mode` is octal."""

    name: str
    kind: str
    size: int
    mode: str
    modified_at: str
    target: Optional[str] = None

    @classmethod
    def from_wire(cls, value: Mapping[str, Any]) -> "Entry":
        return cls(
            name=value["name"],
            kind=value["kind"],
            size=value["size"],
            mode=value["mode"],
            modified_at=value["modifiedAt"],
            target=value.get("target"),
        )


@dataclass(frozen=True)
class TreeCount:
    """What a directory transfer moved."""

    entries: int
    bytes: int
    #: Sockets, devices and FIFOs that no archive carries.
    skipped: int = 0

    @classmethod
    def from_wire(cls, value: Mapping[str, Any]) -> "TreeCount":
        return cls(value.get("entries", 0), value.get("bytes", 0), value.get("skipped", 0))


@dataclass(frozen=True)
class Limits:
    """The limits of a session; None is unlimited."""

    memory_bytes: Optional[int] = None
    processes: Optional[int] = None
    cpus: Optional[float] = None
    storage_bytes: Optional[int] = None
    inodes: Optional[int] = None
    open_files: Optional[int] = None
    agent_seconds: Optional[float] = None
    output_bytes: Optional[int] = None
    network: str = "no-network"
    #: What an ``allowlist`` has in it.
    allowed_hosts: Optional[Sequence[str]] = None

    @classmethod
    def from_wire(cls, value: Mapping[str, Any]) -> "Limits":
        return cls(
            memory_bytes=value.get("memoryBytes"),
            processes=value.get("processes"),
            cpus=value.get("cpus"),
            storage_bytes=value.get("storageBytes"),
            inodes=value.get("inodes"),
            open_files=value.get("openFiles"),
            agent_seconds=value.get("agentSeconds"),
            output_bytes=value.get("outputBytes"),
            network=value.get("network", "no-network"),
            allowed_hosts=value.get("allowedHosts"),
        )


@dataclass(frozen=True)
class SessionInfo:
    """What an agent is told of its session at its start."""

    #: Names the session in every call; nobody can guess it.
    token: Optional[str]
    trial: str
    job: str
    working_directory: str
    user: str
    instruction: Optional[str] = None
    limits: Limits = field(default_factory=Limits)
    #: Limits that this host does not enforce, accepted with `allow_unenforced`.
    unenforced: List[str] = field(default_factory=list)
    warnings: List[str] = field(default_factory=list)
    #: Of a task with steps: `name`, `number` from 1, `count`.
    step: Optional[Dict[str, Any]] = None

    @classmethod
    def from_wire(cls, value: Mapping[str, Any], token: Optional[str] = None) -> "SessionInfo":
        return cls(
            token=value.get("session", token),
            trial=value["trial"],
            job=value.get("job", ""),
            working_directory=value.get("workingDirectory", "/"),
            user=value.get("user", "root"),
            instruction=value.get("instruction"),
            limits=Limits.from_wire(value.get("limits", {})),
            unenforced=list(value.get("unenforced", [])),
            warnings=list(value.get("warnings", [])),
            step=value.get("step"),
        )


@dataclass(frozen=True)
class SessionEnd:
    """How a session's trial ended; the objects are those of docs/protocol.md."""

    summary: Dict[str, Any]
    verdict: Optional[Dict[str, Any]] = None
    #: The task's next step, when the trial goes on.
    next: Optional[SessionInfo] = None

    @classmethod
    def from_wire(cls, value: Mapping[str, Any]) -> "SessionEnd":
        following = value.get("next")
        return cls(
            dict(value.get("summary", {})),
            value.get("verdict"),
            SessionInfo.from_wire(following) if following else None,
        )
