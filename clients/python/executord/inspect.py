"""Inspect's sandbox: `Task(…, sandbox="executord")`, or `("executord", "executord.json")` with a configuration.

Found by the entry point of this package; every sample has a session of its own.
"""

from __future__ import annotations

import json
import shlex
import uuid
from pathlib import Path
from typing import Any, Dict, List, Optional, Union, overload

from inspect_ai.util import (
    ExecResult,
    OutputLimitExceededError,
    SandboxConnection,
    SandboxEnvironment,
    SandboxEnvironmentConfigType,
    SandboxEnvironmentLimits,
    sandboxenv,
)
from inspect_ai.util._sandbox.environment import SandboxUnavailableError, SandboxUserUnsupportedError
from pydantic import BaseModel, ConfigDict
from typing_extensions import Literal, override

from .aio import AsyncConnection, AsyncSession
from .errors import (
    ConnectionLost,
    DaemonUnreachable,
    ExecutordError,
    FileTooLarge,
    NotFound,
    SandboxFailed,
    SessionEnded,
    ShuttingDown,
)
from .results import ActionResult, Output

#: Words longer than this in all go through a file: a frame holds 1 MiB.
_FRAME_WORDS = 512 << 10
#: What says that there is no sandbox any more, or none yet.
_UNAVAILABLE = (ConnectionLost, DaemonUnreachable, SessionEnded, ShuttingDown, SandboxFailed, NotFound)


class ExecutordConfig(BaseModel):
    """The members of a configuration file (JSON); all may be left out."""

    model_config = ConfigDict(extra="forbid")

    #: The name of an image, an alias, `dir:PATH`, or `host` for the host's own programs.
    image: Optional[str] = None
    memory_mb: Optional[int] = None
    cpus: Optional[float] = None
    storage_mb: Optional[int] = None
    working_directory: str = "/workspace"
    #: Whose commands and files they are when Inspect does not say; it owns the working directory.
    user: Optional[str] = None
    environment: Dict[str, str] = {}
    allow_unenforced: bool = False


@sandboxenv(name="executord")
class ExecutordSandboxEnvironment(SandboxEnvironment):
    """A sandbox of executord."""

    def __init__(self, session: AsyncSession, config: ExecutordConfig) -> None:
        super().__init__()
        self._session = session
        self._config = config

    # Its life

    @override
    @classmethod
    def config_files(cls) -> List[str]:
        return ["executord.json"]

    @override
    @classmethod
    def config_deserialize(cls, config: Dict[str, Any]) -> BaseModel:
        return ExecutordConfig(**config)

    @override
    @classmethod
    async def task_init(cls, task_name: str, config: Optional[SandboxEnvironmentConfigType]) -> None:
        # Say at once, and not for every sample, that there is no daemon or that the configuration is wrong.
        _configuration(config)
        connection = await AsyncConnection.connect(client="executord.inspect")
        await connection.close()

    @override
    @classmethod
    async def sample_init(
        cls, task_name: str, config: Optional[SandboxEnvironmentConfigType], metadata: Dict[str, str]
    ) -> Dict[str, SandboxEnvironment]:
        return {"default": await cls.open(_configuration(config))}

    @classmethod
    async def open(cls, config: ExecutordConfig) -> "ExecutordSandboxEnvironment":
        """A new sandbox."""
        connection = await AsyncConnection.connect(client="executord.inspect")
        try:
            session = await AsyncSession.open(
                connection,
                name="inspect",
                image=config.image,
                memory_bytes=None if config.memory_mb is None else config.memory_mb << 20,
                cpus=config.cpus,
                storage_bytes=None if config.storage_mb is None else config.storage_mb << 20,
                working_directory=config.working_directory,
                environment=config.environment,
                agent="inspect",
                allow_unenforced=config.allow_unenforced,
            )
            if config.user is not None:
                words = ["chown", config.user, config.working_directory]
                owned = await session.exec(words, user="root")
                if not owned.succeeded:
                    raise ValueError(f"no user {config.user!r} in image {config.image!r}: {owned.stderr.strip()}")
        except BaseException:
            connection.blocking.close()
            raise
        return cls(session, config)

    @override
    @classmethod
    async def sample_cleanup(
        cls,
        task_name: str,
        config: Optional[SandboxEnvironmentConfigType],
        environments: Dict[str, SandboxEnvironment],
        interrupted: bool,
    ) -> None:
        for environment in environments.values():
            await environment.as_type(ExecutordSandboxEnvironment).close(interrupted)

    async def close(self, interrupted: bool = False) -> None:
        """Ends the sandbox; nothing of it stays but its record."""
        try:
            if not interrupted:
                await self._session.close()
        except ExecutordError:
            # It has ended already.
            pass
        finally:
            # The session goes with its connection.
            self._session.connection.blocking.close()

    @override
    async def connection(self, *, user: Optional[str] = None) -> SandboxConnection:
        if self._session.connection.blocking.closed:
            raise ConnectionError("the sandbox has ended")
        as_user = f" --user {shlex.quote(user)}" if user is not None else ""
        return SandboxConnection(
            type="executord",
            command=f"executorctl shell{as_user} {self._session.trial}",
            container=self._session.trial,
        )

    @override
    def default_polling_interval(self) -> float:
        return 0.2

    # Commands

    @override
    async def exec(
        self,
        cmd: List[str],
        input: Union[str, bytes, None] = None,
        cwd: Optional[str] = None,
        env: Optional[Dict[str, str]] = None,
        user: Optional[str] = None,
        timeout: Optional[int] = None,
        timeout_retry: bool = True,
        concurrency: bool = True,
    ) -> ExecResult[str]:
        # Never retried: a command that timed out here was too slow; no engine lost it.
        result = await self._run(cmd, input, cwd, env, user or self._config.user, timeout)
        if result.exit.limit == "wallClock":
            raise TimeoutError(f"{cmd[0]}: not done after {timeout} seconds")
        return self._finished(result, cmd)

    async def _run(
        self,
        cmd: List[str],
        input: Union[str, bytes, None],
        cwd: Optional[str],
        env: Optional[Dict[str, str]],
        user: Optional[str],
        timeout: Optional[int],
    ) -> ActionResult:
        words = cmd
        try:
            if sum(len(word.encode()) for word in cmd) > _FRAME_WORDS:
                words = await self._script(cmd, user)
            return await self._session.exec(
                words,
                cwd=cwd,
                env=env,
                user=user,
                stdin=input,
                timeout=timeout,
                output_bytes=SandboxEnvironmentLimits.MAX_EXEC_OUTPUT_SIZE,
            )
        except _UNAVAILABLE as error:
            raise SandboxUnavailableError(str(error)) from error

    async def _script(self, cmd: List[str], user: Optional[str]) -> List[str]:
        """A command longer than a frame: as a file that removes itself and becomes the command."""
        path = f"/tmp/.executord-{uuid.uuid4().hex}"
        text = f"/bin/rm -f {path}\nexec {shlex.join(cmd)}\n"
        await self._session.write(path, text, mode=0o600, user=user)
        return ["/bin/sh", path]

    def _finished(self, result: ActionResult, cmd: List[str]) -> ExecResult[str]:
        ended = result.exit
        stderr = _text(result.error_output)
        if ended.kind == "notStarted":
            reason = ended.reason or "not started"
            if "look up user" in reason:
                raise SandboxUserUnsupportedError(f"{cmd[0]}: {reason}")
            if ended.errno == 13:
                raise PermissionError(13, reason, cmd[0])
            stderr += f"{cmd[0]}: {reason}\n"
        elif ended.kind == "limit":
            stderr += f"{cmd[0]}: ended by the limit of {ended.limit}\n"
        status = result.status
        return ExecResult(status == 0, status, _text(result.output), stderr)

    # Files

    @override
    async def write_file(self, file: str, contents: Union[str, bytes]) -> None:
        try:
            await self._session.write(file, contents, user=self._config.user)
        except IsADirectoryError as error:
            raise IsADirectoryError(21, "is a directory", file) from error
        except _UNAVAILABLE as error:
            raise SandboxUnavailableError(str(error)) from error

    @overload
    async def read_file(self, file: str, text: Literal[True] = True) -> str: ...

    @overload
    async def read_file(self, file: str, text: Literal[False]) -> bytes: ...

    @override
    async def read_file(self, file: str, text: bool = True) -> Union[str, bytes]:
        limit = SandboxEnvironmentLimits.MAX_READ_FILE_SIZE
        try:
            data = await self._session.read(file, user=self._config.user, limit=limit)
        except FileTooLarge as error:
            raise OutputLimitExceededError(SandboxEnvironmentLimits.MAX_READ_FILE_SIZE_STR, None) from error
        except IsADirectoryError as error:
            raise IsADirectoryError(21, "is a directory", file) from error
        except _UNAVAILABLE as error:
            raise SandboxUnavailableError(str(error)) from error
        return data.decode() if text else data


def _text(output: Output) -> str:
    if output.omitted_bytes > 0:
        limit = SandboxEnvironmentLimits.MAX_EXEC_OUTPUT_SIZE_STR
        raise OutputLimitExceededError(limit, output.data.decode(errors="replace"))
    return output.data.decode(errors="replace")


def _configuration(config: Optional[SandboxEnvironmentConfigType]) -> ExecutordConfig:
    if config is None:
        return ExecutordConfig()
    if isinstance(config, ExecutordConfig):
        return config
    if isinstance(config, str):
        return ExecutordConfig(**json.loads(Path(config).read_text(encoding="utf-8")))
    raise TypeError(f"executord's configuration is a JSON file or an ExecutordConfig, not {type(config).__name__}")
