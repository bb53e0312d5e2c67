"""Client of executord: agents act in sandboxes, through sessions.

    import executord

    with executord.Session.open() as session:
        print(session.exec("uname -a").stdout)
"""

from .aio import AsyncConnection, AsyncSession
from .connection import Connection
from .errors import (
    Conflict,
    ConnectionLost,
    DaemonUnreachable,
    ExecutordError,
    FileFailed,
    FileForbidden,
    FileIsDirectory,
    FileIsNoDirectory,
    FileIsThere,
    FileMissing,
    FileTooLarge,
    Forbidden,
    FrameTooLarge,
    InternalError,
    InvalidParams,
    LimitUnenforceable,
    NotFound,
    ProtocolError,
    SandboxFailed,
    SessionEnded,
    ShuttingDown,
    StorageFailed,
    TaskInvalid,
    TaskRefused,
)
from .results import ActionResult, Cost, Entry, Exit, Limits, Output, Piece, SessionEnd, SessionInfo, TreeCount
from .session import Action, Session

__version__ = "0.1.0"
__all__ = [
    "Action",
    "ActionResult",
    "AsyncConnection",
    "AsyncSession",
    "Conflict",
    "Connection",
    "ConnectionLost",
    "Cost",
    "DaemonUnreachable",
    "Entry",
    "ExecutordError",
    "Exit",
    "FileFailed",
    "FileForbidden",
    "FileIsDirectory",
    "FileIsNoDirectory",
    "FileIsThere",
    "FileMissing",
    "FileTooLarge",
    "Forbidden",
    "FrameTooLarge",
    "InternalError",
    "InvalidParams",
    "LimitUnenforceable",
    "Limits",
    "NotFound",
    "Output",
    "Piece",
    "ProtocolError",
    "SandboxFailed",
    "Session",
    "SessionEnd",
    "SessionEnded",
    "SessionInfo",
    "ShuttingDown",
    "StorageFailed",
    "TaskInvalid",
    "TaskRefused",
    "TreeCount",
]
