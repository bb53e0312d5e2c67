"""What can go wrong, by the stable names of docs/protocol.md; every error says its cause and, if any, a remedy."""

from __future__ import annotations

import errno
from typing import Any, Dict, Mapping, Optional, Type


class ExecutordError(Exception):
    """The root of all errors of this package."""

    def __init__(
        self,
        message: str,
        *,
        remedy: Optional[str] = None,
        name: str = "",
        code: int = 0,
        reason: Optional[str] = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        #: What to do about it.
        self.remedy = remedy
        #: The stable name, for example ``taskRefused``.
        self.name = name
        #: The JSON-RPC number; 0 for errors that this side found.
        self.code = code
        #: The finer reason, for example ``dockerfileNeedsBuild`` or ``ENOENT``.
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.message}\n  remedy: {self.remedy}" if self.remedy else self.message


class DaemonUnreachable(ExecutordError, ConnectionError):
    """Nobody answers at any of the sockets, or a daemon of our own did not start."""


class ConnectionLost(ExecutordError, ConnectionError):
    """The daemon went away, or the connection was closed, before the answer came."""


class ProtocolError(ExecutordError):
    """One side did not understand the other: `parseError`, `invalidRequest`, `methodNotFound`."""


class FrameTooLarge(ProtocolError, ValueError):
    """`frameTooLarge`: bulk data goes through descriptors, not through frames."""


class InvalidParams(ExecutordError, ValueError):
    """`invalidParams`"""


class InternalError(ExecutordError):
    """`internalError`: a fault of the daemon."""


class NotFound(ExecutordError, LookupError):
    """`notFound`: no trial, task, session or action of that name that this caller may see."""


class Forbidden(ExecutordError):
    """`forbidden`"""


class TaskInvalid(ExecutordError):
    """`taskInvalid`"""


class TaskRefused(ExecutordError):
    """`taskRefused`: this version or host cannot honour what the task or the sandbox asks."""


class SandboxFailed(ExecutordError):
    """`sandboxFailed`: set-up failed."""


class LimitUnenforceable(ExecutordError):
    """`limitUnenforceable`: this host cannot enforce a limit."""


class Conflict(ExecutordError):
    """`conflict`: the request does not fit the state."""


class SessionEnded(ExecutordError):
    """`sessionEnded`; `reason` says how, for example ``submitted`` or ``AgentTimeoutError``."""


class ShuttingDown(ExecutordError):
    """`shuttingDown`: the daemon takes nothing new."""


class StorageFailed(ExecutordError):
    """`storageFailed`"""


class FileFailed(ExecutordError, OSError):
    """`fileFailed`: a file action failed inside the sandbox; also an `OSError` with `errno` and `filename`."""

    def __init__(self, message: str, *, path: Optional[str] = None, **details: Any) -> None:
        super().__init__(message, **details)
        self.errno = getattr(errno, self.reason or "", 0)
        self.strerror = message
        self.filename = path


class FileMissing(FileFailed, FileNotFoundError):
    """ENOENT, as Python's own `FileNotFoundError`."""


class FileForbidden(FileFailed, PermissionError):
    """EACCES or EPERM, as Python's own `PermissionError`."""


class FileIsDirectory(FileFailed, IsADirectoryError):
    """EISDIR, as Python's own `IsADirectoryError`."""


class FileIsNoDirectory(FileFailed, NotADirectoryError):
    """ENOTDIR, as Python's own `NotADirectoryError`."""


class FileIsThere(FileFailed, FileExistsError):
    """EEXIST, as Python's own `FileExistsError`."""


class FileTooLarge(ExecutordError):
    """A file is larger than the caller wants to read."""


_BY_NAME: Dict[str, Type[ExecutordError]] = {
    "parseError": ProtocolError,
    "invalidRequest": ProtocolError,
    "methodNotFound": ProtocolError,
    "invalidParams": InvalidParams,
    "internalError": InternalError,
    "frameTooLarge": FrameTooLarge,
    "notFound": NotFound,
    "forbidden": Forbidden,
    "taskInvalid": TaskInvalid,
    "taskRefused": TaskRefused,
    "sandboxFailed": SandboxFailed,
    "limitUnenforceable": LimitUnenforceable,
    "conflict": Conflict,
    "sessionEnded": SessionEnded,
    "shuttingDown": ShuttingDown,
    "storageFailed": StorageFailed,
}
_BY_ERRNO: Dict[str, Type[FileFailed]] = {
    "ENOENT": FileMissing,
    "EACCES": FileForbidden,
    "EPERM": FileForbidden,
    "EISDIR": FileIsDirectory,
    "ENOTDIR": FileIsNoDirectory,
    "EEXIST": FileIsThere,
}


def error_from_wire(error: Mapping[str, Any], params: Mapping[str, Any]) -> ExecutordError:
    """The exception for an `error` member; `params` are those of the request, for the path of a file action."""
    data = error.get("data")
    data = data if isinstance(data, Mapping) else {}
    message = str(error.get("message", "the daemon says no, and not why"))
    name, reason = str(data.get("name", "")), data.get("reason")
    details: Dict[str, Any] = {
        "remedy": data.get("remedy"),
        "name": name,
        "code": error.get("code", 0),
        "reason": reason,
    }
    if name == "fileFailed":
        path = params.get("path")
        return _BY_ERRNO.get(str(reason), FileFailed)(message, path=path, **details)
    return _BY_NAME.get(name, ExecutordError)(message, **details)
