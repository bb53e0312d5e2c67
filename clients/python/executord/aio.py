"""The same for asyncio: `AsyncConnection`, `AsyncSession`. The sockets and pipes are served by threads."""

from __future__ import annotations

import asyncio
import codecs
import errno
import os
from typing import Any, Awaitable, BinaryIO, Callable, Dict, List, Mapping, Optional, Sequence, Tuple, TypeVar

from . import archive, calls, streams
from .calls import OUTPUT_BYTES, Command, User
from .connection import Connection
from .errors import ConnectionLost, ExecutordError, FileMissing, FileTooLarge, SandboxFailed
from .results import (
    ActionResult,
    Cost,
    Entry,
    Exit,
    Output,
    Piece,
    SessionEnd,
    SessionInfo,
    TreeCount,
    decode_bytes,
)
from .session import Data, PathLike, _carrier

T = TypeVar("T")
#: Called with text and ``stdout`` or ``stderr`` while a program runs.
OutputHandler = Callable[[str, str], Awaitable[None]]


class AsyncConnection:
    """A `Connection` whose answers are awaited."""

    def __init__(self, connection: Connection) -> None:
        self.blocking = connection

    @classmethod
    async def connect(
        cls, path: Optional[str] = None, *, start: bool = True, client: str = "executord-python"
    ) -> "AsyncConnection":
        """As `Connection.connect`."""
        return cls(await asyncio.to_thread(Connection.connect, path, start=start, client=client))

    async def request(
        self, method: str, params: Optional[Mapping[str, Any]] = None, descriptors: Sequence[int] = ()
    ) -> Any:
        """As `Connection.request`. Cancelling it drops the answer; what was asked for goes on in the daemon."""
        return await asyncio.wrap_future(self.blocking.submit(method, params, descriptors))

    def subscribe(self, handler: Callable[[str, Dict[str, Any]], None]) -> Callable[[], None]:
        """Calls `handler` with every notification, on the running loop, until the returned function is called."""
        loop = asyncio.get_running_loop()

        def forward(method: str, params: Dict[str, Any]) -> None:
            loop.call_soon_threadsafe(handler, method, params)

        return self.blocking.subscribe(forward)

    async def close(self) -> None:
        """As `Connection.close`."""
        await asyncio.to_thread(self.blocking.close)

    async def __aenter__(self) -> "AsyncConnection":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class AsyncSession:
    """A `Session` whose answers are awaited. A cancelled `exec` has killed its whole tree."""

    def __init__(
        self, connection: AsyncConnection, info: SessionInfo, *, owns_connection: bool = False
    ) -> None:
        self.connection = connection
        self.info = info
        self._owns_connection = owns_connection
        self._ended = False

    @classmethod
    async def open(
        cls,
        connection: Optional[AsyncConnection] = None,
        *,
        image: Optional[str] = None,
        name: Optional[str] = None,
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
    ) -> "AsyncSession":
        """As `Session.open`. Cancelling it leaves nothing behind when the connection is the session's own."""
        params = calls.sandbox(
            name=name,
            image=image,
            memory_bytes=memory_bytes,
            cpus=cpus,
            storage_bytes=storage_bytes,
            working_directory=working_directory,
            environment=environment,
            user=user,
            timeout=timeout,
            agent=agent,
            network=network,
            allowed_hosts=allowed_hosts,
            allow_unenforced=allow_unenforced,
        )
        own = await AsyncConnection.connect() if connection is None else connection
        try:
            info = SessionInfo.from_wire(await own.request("session.open", params))
        except BaseException:
            if connection is None:
                own.blocking.close()
            raise
        return cls(own, info, owns_connection=connection is None)

    @property
    def trial(self) -> str:
        """The trial's name, for `executorctl show`, `shell` and `export`."""
        return self.info.trial

    # Programs

    async def exec(
        self,
        command: Command,
        *,
        cwd: Optional[str] = None,
        env: Optional[Mapping[str, str]] = None,
        user: Optional[User] = None,
        stdin: Optional[Data] = None,
        timeout: Optional[float] = None,
        output_bytes: int = OUTPUT_BYTES,
        merge: bool = False,
        on_output: Optional[OutputHandler] = None,
    ) -> ActionResult:
        """As `Session.exec`; `on_output` is told the output as it comes. Cancelled, nothing of it runs any more."""
        params = calls.program(
            self.info.token,
            command,
            cwd=cwd,
            env=env,
            user=user,
            timeout=timeout,
            output_bytes=output_bytes,
            merge=merge,
        )
        # Started, not executed: only a started action's number is known in time to kill it.
        started = asyncio.ensure_future(self._call_with_input("action.start", params, b"" if stdin is None else stdin))
        try:
            action = int((await asyncio.shield(started))["action"])
        except asyncio.CancelledError:
            await asyncio.shield(self._end_cancelled(started))
            raise
        except SandboxFailed as error:
            return _not_started(error)
        waiting = asyncio.ensure_future(self._call("action.wait", self._reference(action)))
        followers: List["asyncio.Task[None]"] = []
        if on_output is not None:
            followers = [
                asyncio.ensure_future(self._follow(action, stream, on_output)) for stream in ("stdout", "stderr")
            ]
        try:
            value = await asyncio.shield(waiting)
            await asyncio.gather(*followers)
            return await self._result(value)
        except BaseException:
            for follower in followers:
                follower.cancel()
            if not waiting.done():
                await asyncio.shield(self._kill(action, waiting))
            raise

    # Files

    async def read(self, path: str, *, user: Optional[User] = None, limit: Optional[int] = None) -> bytes:
        """As `Session.read`."""
        first = await self._call("action.read", calls.file(self.info.token, path, user))
        data = decode_bytes(first)
        if limit is not None and max(first["size"], len(data)) > limit:
            raise FileTooLarge(f"{path} has {first['size']} bytes, the limit is {limit}")
        if first.get("nextOffset") is None:
            return data
        most = limit if limit is not None else 1 << 62
        data = (await self._drain("action.read", calls.file(self.info.token, path, user), streams.collecting(most)))[1]
        if len(data) > most:
            raise FileTooLarge(f"{path} has more than {limit} bytes")
        return data

    async def write(
        self,
        path: str,
        data: Data,
        *,
        append: bool = False,
        exclusive: bool = False,
        mode: Optional[int] = None,
        user: Optional[User] = None,
    ) -> int:
        """As `Session.write`."""
        params = calls.file(
            self.info.token,
            path,
            user,
            append=append or None,
            exclusive=exclusive or None,
            mode=None if mode is None else f"{mode:o}",
        )
        inline, feed = _carrier(data)
        if feed is None:
            return int((await self._call("action.write", {**params, **inline}))["size"])
        return int((await self._feed("action.write", params, feed))["size"])

    async def list(self, path: str = ".", *, user: Optional[User] = None) -> List[Entry]:
        """As `Session.list`."""
        reply = await self._call("action.list", calls.file(self.info.token, path, user))
        return [Entry.from_wire(entry) for entry in reply["entries"]]

    async def stat(self, path: str, *, follow: bool = True, user: Optional[User] = None) -> Entry:
        """As `Session.stat`."""
        params = calls.file(self.info.token, path, user, follow=None if follow else False)
        return Entry.from_wire(await self._call("action.stat", params))

    async def exists(self, path: str, *, user: Optional[User] = None) -> bool:
        """As `Session.exists`."""
        try:
            await self.stat(path, follow=False, user=user)
        except FileMissing:
            return False
        return True

    async def make_directory(self, path: str, *, user: Optional[User] = None) -> None:
        """As `Session.make_directory`."""
        await self._call("action.makeDirectory", calls.file(self.info.token, path, user))

    async def remove(self, path: str, *, recursive: bool = False, user: Optional[User] = None) -> None:
        """As `Session.remove`."""
        await self._call("action.remove", calls.file(self.info.token, path, user, recursive=recursive or None))

    async def upload(self, source: PathLike, path: str, *, user: Optional[User] = None) -> TreeCount:
        """As `Session.upload`."""
        params = calls.file(self.info.token, path, user)
        return TreeCount.from_wire(await self._feed("action.upload", params, archive.pack(os.fspath(source))))

    async def download(self, path: str, target: PathLike, *, user: Optional[User] = None) -> archive.Unpacked:
        """As `Session.download`."""
        params = calls.file(self.info.token, path, user)
        return (await self._drain("action.download", params, archive.unpack(os.fspath(target))))[1]

    async def upload_file(self, source: PathLike, path: str, *, user: Optional[User] = None) -> int:
        """As `Session.upload_file`."""
        with open(source, "rb") as file:
            mode = os.fstat(file.fileno()).st_mode & 0o777
            return await self.write(path, file, mode=mode, user=user)

    async def download_file(self, path: str, target: PathLike, *, user: Optional[User] = None) -> int:
        """As `Session.download_file`."""
        await self.stat(path, user=user)
        with open(target, "wb") as file:
            params = calls.file(self.info.token, path, user)
            return (await self._drain("action.read", params, streams.storing(file)))[1]

    # The session itself

    async def message(
        self,
        text: str,
        *,
        source: str = "agent",
        reasoning: Optional[str] = None,
        model: Optional[str] = None,
        metrics: Optional[Mapping[str, Any]] = None,
        extra: Optional[Mapping[str, str]] = None,
    ) -> None:
        """As `Session.message`."""
        await self._call(
            "session.message", calls.message(self.info.token, text, source, reasoning, model, metrics, extra)
        )

    async def submit(self, *, exception: Optional[Tuple[str, str]] = None) -> SessionEnd:
        """As `Session.submit`."""
        self._ended = True
        end = SessionEnd.from_wire(await self._call("session.submit", calls.submission(self.info.token, exception)))
        if end.next is not None:
            self.info, self._ended = end.next, False
        return end

    async def close(self) -> Optional[SessionEnd]:
        """As `Session.close`."""
        end = None
        try:
            if not self._ended and not self.connection.blocking.closed:
                self._ended = True
                params = calls.present(session=self.info.token)
                end = SessionEnd.from_wire(await self._call("session.close", params))
        finally:
            if self._owns_connection:
                # Not awaited: a cancelled caller, too, leaves no connection behind.
                self.connection.blocking.close()
        return end

    async def __aenter__(self) -> "AsyncSession":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _call(self, method: str, params: Dict[str, Any]) -> Any:
        return await self.connection.request(method, params)

    async def _call_with_input(self, method: str, params: Dict[str, Any], stdin: Data) -> Any:
        inline, feed = _carrier(stdin)
        if feed is None:
            return await self._call(method, {**params, "stdin": inline})
        # Not waited for: the program may run on, or end, without having read its input.
        descriptor, _ = streams.feeding(feed)
        return await self.connection.request(method, params, [descriptor])

    async def _feed(self, method: str, params: Dict[str, Any], write: Callable[[BinaryIO], None]) -> Any:
        descriptor, fed = streams.feeding(write)
        result = await self.connection.request(method, params, [descriptor])
        await asyncio.wrap_future(fed)
        return result

    async def _drain(self, method: str, params: Dict[str, Any], read: Callable[[BinaryIO], T]) -> Tuple[Any, T]:
        descriptor, drained = streams.draining(read)
        result = await self.connection.request(method, params, [descriptor])
        return result, await asyncio.wrap_future(drained)

    async def _result(self, value: Mapping[str, Any]) -> ActionResult:
        action = int(value["action"])

        async def whole(stream: str) -> Output:
            pieces = [Piece.from_wire(value[stream])]
            while pieces[-1].next_offset is not None:
                pieces.append(await self._output(action, stream, pieces[-1].next_offset, False))
            return Output.joined(pieces)

        return ActionResult(
            action,
            Exit.from_wire(value["exit"]),
            Cost.from_wire(value["cost"]),
            await whole("stdout"),
            await whole("stderr"),
        )

    async def _output(self, action: int, stream: str, offset: int, wait: bool) -> Piece:
        params = calls.output(self.info.token, action, stream, offset, wait)
        return Piece.from_wire(await self._call("action.output", params))

    async def _follow(self, action: int, stream: str, on_output: OutputHandler) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        offset: Optional[int] = 0
        while offset is not None:
            piece = await self._output(action, stream, offset, True)
            text = decoder.decode(piece.data, final=piece.next_offset is None)
            if text:
                await on_output(text, stream)
            offset = piece.next_offset

    async def _end_cancelled(self, started: "asyncio.Future[Any]") -> None:
        try:
            action = int((await started)["action"])
        except ExecutordError:
            return
        await self._kill(action, asyncio.ensure_future(self._call("action.wait", self._reference(action))))

    async def _kill(self, action: int, waiting: "asyncio.Future[Any]") -> None:
        """Kills the tree and waits until it is gone."""
        try:
            await self._call("action.kill", {**self._reference(action), "signal": "KILL"})
            await waiting
        except ConnectionLost:
            # The session went with the connection, and what ran with the session.
            pass
        except ExecutordError:
            # It has ended by itself meanwhile.
            pass

    def _reference(self, action: int) -> Dict[str, Any]:
        return calls.present(session=self.info.token, action=action)


def _not_started(error: SandboxFailed) -> ActionResult:
    """What `action.exec` would have answered: `action.start` has no action to tell of."""
    number = getattr(errno, error.reason or "", None)
    if number is None:
        raise error
    nothing = Output(b"", 0, 0)
    return ActionResult(0, Exit("notStarted", reason=error.message, errno=number), Cost(0.0), nothing, nothing)
