"""The params of the session's methods; shared by `Session` and `AsyncSession`."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional, Sequence, Tuple, Union

#: A string is run by a shell, a sequence is a program and its arguments.
Command = Union[str, Sequence[str]]
User = Union[str, int]

#: Up to here bytes travel in the frame, beyond it through a pipe.
INLINE_BYTES = 128 << 10
#: What is kept of each stream of an action if the caller does not say.
OUTPUT_BYTES = 1 << 20


def present(**params: Any) -> Dict[str, Any]:
    """Without the absent ones: an absent member means the default."""
    return {name: value for name, value in params.items() if value is not None}


def sandbox(
    *,
    name: Optional[str] = None,
    image: Optional[str] = None,
    memory_bytes: Optional[int] = None,
    cpus: Optional[float] = None,
    storage_bytes: Optional[int] = None,
    working_directory: Optional[str] = None,
    environment: Optional[Mapping[str, str]] = None,
    user: Optional[User] = None,
    timeout: Optional[float] = None,
    agent: Optional[str] = None,
    network: Optional[str] = None,
    allowed_hosts: Optional[Sequence[str]] = None,
    allow_unenforced: bool = False,
    inside: bool = False,
) -> Dict[str, Any]:
    """`session.open` of a sandbox without a task."""
    request = present(
        name=name,
        image=image,
        memoryBytes=memory_bytes,
        cpus=cpus,
        storageBytes=storage_bytes,
        network=network or ("no-network" if allowed_hosts is None else "allowlist"),
        allowedHosts=None if allowed_hosts is None else list(allowed_hosts),
        workingDirectory=working_directory,
        environment=dict(environment) if environment else None,
        user=None if user is None else str(user),
        timeoutSeconds=timeout,
        agent=agent,
        allowUnenforced=allow_unenforced or None,
    )
    return present(sandbox=request, inside=inside or None)


def program(
    token: Optional[str],
    command: Command,
    *,
    cwd: Optional[str] = None,
    env: Optional[Mapping[str, str]] = None,
    user: Optional[User] = None,
    timeout: Optional[float] = None,
    output_bytes: int = OUTPUT_BYTES,
    merge: bool = False,
    terminal: Optional[Tuple[int, int]] = None,
) -> Dict[str, Any]:
    """`action.exec` and `action.start`, without stdin; `terminal` is (rows, columns)."""
    return present(
        session=token,
        shell=command if isinstance(command, str) else None,
        argv=None if isinstance(command, str) else [str(word) for word in command],
        cwd=cwd,
        environment=dict(env) if env else None,
        user=None if user is None else str(user),
        timeoutSeconds=timeout,
        outputBytes=output_bytes,
        merge=merge or None,
        terminal=None if terminal is None else {"rows": terminal[0], "columns": terminal[1]},
    )


def file(token: Optional[str], path: str, user: Optional[User] = None, **more: Any) -> Dict[str, Any]:
    """A file action."""
    return present(session=token, path=path, user=None if user is None else str(user), **more)


def output(token: Optional[str], action: int, stream: str, offset: int, wait: bool) -> Dict[str, Any]:
    """`action.output`"""
    return present(session=token, action=action, stream=stream, offset=offset, wait=wait or None)


def message(
    token: Optional[str],
    text: str,
    source: str,
    reasoning: Optional[str],
    model: Optional[str],
    metrics: Optional[Mapping[str, Any]],
    extra: Optional[Mapping[str, str]],
) -> Dict[str, Any]:
    """`session.message`"""
    return present(
        session=token,
        source=source,
        text=text,
        reasoning=reasoning,
        model=model,
        metrics=dict(metrics) if metrics else None,
        extra=dict(extra) if extra else None,
    )


def submission(token: Optional[str], exception: Optional[Tuple[str, str]]) -> Dict[str, Any]:
    """`session.submit`; `exception` is (Harbor's name, message)."""
    told = None if exception is None else {"type": exception[0], "message": exception[1]}
    return present(session=token, exception=told)
