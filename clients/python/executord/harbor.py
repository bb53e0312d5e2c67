"""Harbor's environment: `harbor run -e executord.harbor:ExecutordEnvironment --ek image=host …`.

Every trial acts in a session of its own. What cannot be enforced is refused before anything starts.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any, Dict, Optional, Sequence, Union

from harbor.environments.base import BaseEnvironment, ExecResult, SandboxBuildFailedError
from harbor.environments.capabilities import EnvironmentCapabilities, EnvironmentResourceCapabilities
from harbor.environments.definition import require_agent_environment_definition, should_use_prebuilt_docker_image
from harbor.models.task.config import NetworkPolicy

from .aio import AsyncConnection, AsyncSession
from .connection import Connection
from .errors import DaemonUnreachable, ExecutordError, LimitUnenforceable, SandboxFailed, TaskInvalid, TaskRefused

_MEBIBYTE = 1 << 20
#: What Harbor sees of one command's output; more is cut out of the middle.
_OUTPUT_BYTES = 16 * _MEBIBYTE


class NetworkPolicyUnsupportedError(ValueError):
    """The network that a task asks for is neither enforced nor granted here."""


class MemoryLimitExceededError(RuntimeError):
    """The kernel killed a command at the memory limit; Harbor retries and grades by this name."""


class ExecutordEnvironment(BaseEnvironment):
    """A sandbox of executord.

    `image` overrides the task's `docker_image`: the name of an image, an alias, `dir:PATH`, or `host` for the host's
    own programs. `allow_unenforced` accepts limits that this host cannot enforce. Allow-lists are enforced by the daemon; a
    public network is given with `allow_public`, where the daemon's administrator gives it. EXECUTORD_SOCKET names the
    daemon's socket where it is not the usual one.
    """

    def __init__(
        self,
        *args: Any,
        image: Optional[str] = None,
        allow_unenforced: bool = False,
        allow_public: bool = False,
        **kwargs: Any,
    ) -> None:
        self._image = image
        self._allow_public = allow_public
        self._allow_unenforced = allow_unenforced
        self._connection: Optional[AsyncConnection] = None
        self._session: Optional[AsyncSession] = None
        self._shell: Sequence[str] = ("/bin/sh", "-c")
        super().__init__(*args, **kwargs)

    @staticmethod
    def type() -> str:
        return "executord"

    @property
    def capabilities(self) -> EnvironmentCapabilities:
        return EnvironmentCapabilities(
            disable_internet=True,
            network_allowlist=True,
            network_allowlist_hostnames=True,
            network_allowlist_wildcard_hostnames=True,
            network_allowlist_ipv4_addresses=True,
            network_allowlist_ipv6_addresses=True,
            network_allowlist_ipv4_cidrs=True,
            network_allowlist_ipv6_cidrs=True,
        )

    @classmethod
    def resource_capabilities(cls) -> EnvironmentResourceCapabilities:
        return EnvironmentResourceCapabilities(cpu_limit=True, memory_limit=True, fractional_cpus=True)

    @classmethod
    def preflight(cls) -> None:
        try:
            Connection.connect(client="executord.harbor").close()
        except DaemonUnreachable as error:
            raise SystemExit(f"executord: {error}") from error

    def validate_network_policy_support(self, network_policy: Optional[NetworkPolicy] = None) -> None:
        policy = network_policy or self._network_policy
        mode = policy.network_mode.value
        if mode == "public" and not self._allow_public:
            raise NetworkPolicyUnsupportedError(
                "the task asks for network_mode 'public': list what it needs in allowed_hosts, with network_mode = "
                "\"allowlist\", or give it the Internet with --ek allow_public=true (and network.ceiling = \"public\" in "
                "the daemon's configuration)"
            )

    def _validate_definition(self) -> None:
        if self._host_mounts:
            raise ValueError("executord mounts nothing of the host: leave out --mounts")
        if self._image is not None:
            return
        require_agent_environment_definition(
            self.environment_dir, docker_image=self.task_env_config.docker_image
        )
        if not should_use_prebuilt_docker_image(
            self.environment_dir, docker_image=self.task_env_config.docker_image, force_build=False
        ):
            raise SandboxBuildFailedError(
                f"{self.environment_dir} is to be built from a Dockerfile or a compose file, and this version builds "
                "no images: set docker_image in [environment], or name an image with --ek image=NAME"
            )

    # Its life

    async def start(self, force_build: bool) -> None:
        self._validate_definition()
        memory, storage = self._effective_memory_mb, self._effective_storage_mb
        self._connection = await AsyncConnection.connect(client="executord.harbor")
        try:
            self._session = await AsyncSession.open(
                self._connection,
                name=_plain(self.environment_name),
                image=self._image or self.task_env_config.docker_image,
                memory_bytes=None if memory is None else memory * _MEBIBYTE,
                cpus=self._effective_cpus,
                storage_bytes=None if storage is None else storage * _MEBIBYTE,
                working_directory=self.task_env_config.workdir,
                agent="harbor",
                network=self._network_policy.network_mode.value,
                allowed_hosts=self._allowed_hosts(),
                allow_unenforced=self._allow_unenforced,
            )
        except (TaskRefused, TaskInvalid, SandboxFailed, LimitUnenforceable) as error:
            # By its name Harbor knows that the agent is not to blame.
            await self._disconnect()
            raise SandboxBuildFailedError(str(error)) from error
        except BaseException:
            self._connection.blocking.close()
            raise
        self.logger.debug(f"executord: trial {self._session.trial}")
        for warning in self._session.info.warnings:
            self.logger.warning(f"executord: {warning}")
        if (await self._session.exec(["bash", "-c", ":"], user="root")).succeeded:
            self._shell = ("bash", "-c")
        result = await self.ensure_dirs(self._log_directories())
        if result is not None and result.return_code != 0:
            raise SandboxBuildFailedError(f"cannot make Harbor's directories: {result.stderr}")
        await self._upload_environment_dir_after_start()

    def _allowed_hosts(self) -> Optional[Sequence[str]]:
        policy = self._network_policy
        return list(policy.allowed_hosts or []) if policy.network_mode.value == "allowlist" else None

    def _log_directories(self) -> Sequence[str]:
        return self._mount_targets(writable_only=True) or ["/logs/agent", "/logs/verifier", "/logs/artifacts"]

    async def stop(self, delete: bool) -> None:
        # Nothing of a sandbox outlives it but its record; `executorctl export` has that.
        session, self._session = self._session, None
        try:
            if session is not None:
                await session.close()
        except ExecutordError as error:
            self.logger.debug(f"executord: {error}")
        finally:
            await self._disconnect()

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.blocking.close()

    async def attach(self) -> None:
        program = shutil.which("executorctl")
        if program is None:
            raise RuntimeError("executorctl is not in PATH")
        os.execv(program, [program, "shell", self._live.trial])

    @property
    def _live(self) -> AsyncSession:
        if self._session is None:
            raise RuntimeError("the environment is not started, or stopped already")
        return self._session

    # Commands

    async def exec(
        self,
        command: str,
        cwd: Optional[str] = None,
        env: Optional[Dict[str, str]] = None,
        timeout_sec: Optional[int] = None,
        user: Union[str, int, None] = None,
    ) -> ExecResult:
        callback = self._output_callback()

        async def emit(text: str, stream: str) -> None:
            if callback is not None:
                await callback(text, "stderr" if stream == "stderr" else "stdout")

        result = await self._live.exec(
            [*self._shell, command],
            cwd=cwd or self.task_env_config.workdir,
            env=self._merge_env(env),
            user=self._resolve_user(user),
            timeout=timeout_sec or None,
            output_bytes=_OUTPUT_BYTES,
            on_output=None if callback is None else emit,
        )
        ended = result.exit
        if ended.kind == "limit" and ended.limit == "wallClock":
            raise RuntimeError(f"Command timed out after {timeout_sec} seconds")
        if ended.kind == "limit" and ended.limit == "memory":
            peak = result.cost.peak_memory_bytes
            at = "" if peak is None else f" at {peak // _MEBIBYTE} MiB"
            raise MemoryLimitExceededError(f"the memory limit ended a command{at}: {command[:200]}")
        stderr = result.stderr
        if ended.kind == "notStarted":
            stderr += f"{ended.reason}\n"
        return ExecResult(stdout=result.stdout or None, stderr=stderr or None, return_code=result.status)

    # Files: as root, like other environments

    async def upload_file(self, source_path: Union[Path, str], target_path: str) -> None:
        await self._live.upload_file(source_path, target_path, user="root")

    async def upload_dir(self, source_dir: Union[Path, str], target_dir: str) -> None:
        await self._live.upload(source_dir, target_dir, user="root")

    async def download_file(self, source_path: str, target_path: Union[Path, str]) -> None:
        Path(target_path).parent.mkdir(parents=True, exist_ok=True)
        await self._live.download_file(source_path, target_path, user="root")

    async def download_dir(self, source_dir: str, target_dir: Union[Path, str]) -> None:
        unpacked = await self._live.download(source_dir, target_dir, user="root")
        if unpacked.skipped:
            self.logger.warning(f"executord: left out of {source_dir}: {', '.join(unpacked.skipped[:10])}")

    async def is_dir(self, path: str, user: Union[str, int, None] = None) -> bool:
        return await self._kind(path, user) == "directory"

    async def is_file(self, path: str, user: Union[str, int, None] = None) -> bool:
        return await self._kind(path, user) == "file"

    async def _kind(self, path: str, user: Union[str, int, None]) -> Optional[str]:
        try:
            return (await self._live.stat(path, user=self._resolve_user(user))).kind
        except OSError:
            return None


def _plain(name: str) -> str:
    """A name that the daemon takes: letters, digits and `-_.`, not beginning with a dot, up to 64."""
    kept = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_.") else "-" for letter in name)
    return kept.lstrip(".")[:64] or "harbor"
