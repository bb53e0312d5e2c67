"""A session: the connection through which an agent acts in a sandbox."""

from __future__ import annotations

import os
from typing import Any, BinaryIO, Callable, Dict, List, Mapping, Optional, Sequence, Tuple, TypeVar, Union

from . import archive, calls, streams
from .calls import OUTPUT_BYTES, Command, User
from .connection import Connection
from .errors import FileMissing, FileTooLarge
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
    encode_bytes,
)

T = TypeVar("T")
Data = Union[str, bytes, BinaryIO]
PathLike = Union[str, "os.PathLike[str]"]


class Session:
    """Acts in one sandbox. Leaving its `with` block closes it, unless it was submitted.

    A string as command is run by /bin/sh, a sequence is a program and its arguments. Relative paths begin at the
    session's working directory. A session lives as long as the connection that opened it.
    """

    def __init__(self, connection: Connection, info: SessionInfo, *, owns_connection: bool = False) -> None:
        self.connection = connection
        self.info = info
        self._owns_connection = owns_connection
        self._ended = False

    @classmethod
    def open(
        cls,
        connection: Optional[Connection] = None,
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
        inside: bool = False,
    ) -> "Session":
        """A new sandbox without a task; `image` is the host's programs, ``host``, if nothing is said.

        `timeout` is for the whole session. Without `connection` one is made, and closed with the session.
        `network` is ``no-network`` if nothing is said; ``allowlist`` reaches `allowed_hosts` (names, ``*.suffix``,
        addresses, ranges) through a proxy that HTTP_PROXY names, ``public`` the Internet where the daemon gives it.
        """
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
            inside=inside,
        )
        return cls._begin(connection, "session.open", params)

    @classmethod
    def for_task(
        cls,
        task: PathLike,
        connection: Optional[Connection] = None,
        *,
        agent: str = "python",
        image: Optional[str] = None,
        verifier_mode: str = "auto",
        allow_unenforced: bool = False,
        templates: Optional[Mapping[str, str]] = None,
        job: Optional[str] = None,
    ) -> "Session":
        """A trial of a task directory, acted in from here: `submit` has it verified.

        `agent` is the name that lists show; `templates` are the values of the `${VAR}` templates in task.toml.
        """
        own = Connection.connect() if connection is None else connection
        try:
            path = os.path.abspath(task)
            descriptor, packed = streams.feeding(archive.pack(path))
            uploaded = own.request("task.upload", {"path": path}, [descriptor])
            packed.result()
            configuration = calls.present(
                taskDigest=uploaded["digest"],
                taskName=uploaded["name"],
                taskPath=path,
                agent={"kind": "session", "label": agent, "steps": False, "actions": []},
                image=image,
                verifierMode=verifier_mode,
                allowUnenforced=allow_unenforced,
                timeoutMultiplier=1,
            )
            params = calls.present(
                configuration=configuration, templates=dict(templates) if templates else None, job=job
            )
            session = cls._begin(own, "session.open", params)
        except BaseException:
            if connection is None:
                own.close()
            raise
        session._owns_connection = connection is None
        return session

    @classmethod
    def join(
        cls, connection: Connection, *, trial: Optional[str] = None, token: Optional[str] = None
    ) -> "Session":
        """The session of a live trial of one's own; inside a sandbox, without arguments, its own."""
        return cls._begin(connection, "session.join", calls.present(trial=trial, session=token))

    @classmethod
    def from_environment(cls) -> "Session":
        """The session that EXECUTORD_SOCKET and EXECUTORD_SESSION name: of `executorctl run TASK -- PROGRAM`."""
        connection = Connection.connect(start=False)
        try:
            info = connection.request("session.join", calls.present(session=os.environ.get("EXECUTORD_SESSION")))
        except BaseException:
            connection.close()
            raise
        session = cls(connection, SessionInfo.from_wire(info), owns_connection=True)
        # Who gave us the session ends it.
        session._ended = True
        return session

    @classmethod
    def _begin(cls, connection: Optional[Connection], method: str, params: Dict[str, Any]) -> "Session":
        own = Connection.connect() if connection is None else connection
        try:
            info = SessionInfo.from_wire(own.request(method, params))
        except BaseException:
            if connection is None:
                own.close()
            raise
        session = cls(own, info, owns_connection=connection is None)
        session._ended = method == "session.join"
        return session

    @property
    def trial(self) -> str:
        """The trial's name, for `executorctl show`, `shell` and `export`."""
        return self.info.trial

    # Programs

    def exec(
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
    ) -> ActionResult:
        """Runs a program to its end. A limit that fired is in `result.exit`, it is not raised.

        `output_bytes` are kept of each stream, half from its beginning, half from its end; `merge` sends stderr into
        stdout.
        """
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
        return self._result(self._call_with_input("action.exec", params, stdin))

    def start(
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
        terminal: Optional[Tuple[int, int]] = None,
    ) -> "Action":
        """Starts a program in the background. Without `stdin` its input stays open for `Action.input`.

        `terminal`, (rows, columns), gives it a terminal instead of pipes.
        """
        params = calls.program(
            self.info.token,
            command,
            cwd=cwd,
            env=env,
            user=user,
            timeout=timeout,
            output_bytes=output_bytes,
            merge=merge,
            terminal=terminal,
        )
        return Action(self, int(self._call_with_input("action.start", params, stdin)["action"]))

    # Files

    def read(self, path: str, *, user: Optional[User] = None, limit: Optional[int] = None) -> bytes:
        """A file's bytes; more than `limit` of them are a `FileTooLarge`."""
        first = self._call("action.read", calls.file(self.info.token, path, user))
        data = decode_bytes(first)
        if limit is not None and max(first["size"], len(data)) > limit:
            raise FileTooLarge(f"{path} has {first['size']} bytes, the limit is {limit}")
        if first.get("nextOffset") is None:
            return data
        most = limit if limit is not None else 1 << 62
        data = self._drain("action.read", calls.file(self.info.token, path, user), streams.collecting(most))[1]
        if len(data) > most:
            raise FileTooLarge(f"{path} has more than {limit} bytes")
        return data

    def read_text(self, path: str, *, user: Optional[User] = None) -> str:
        """A file's text; `UnicodeDecodeError` when it is not UTF-8."""
        return self.read(path, user=user).decode()

    def write(
        self,
        path: str,
        data: Data,
        *,
        append: bool = False,
        exclusive: bool = False,
        mode: Optional[int] = None,
        user: Optional[User] = None,
    ) -> int:
        """Writes a file, making its parent directories; how many bytes. `exclusive` fails when there is one."""
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
            return int(self._call("action.write", {**params, **inline})["size"])
        return int(self._feed("action.write", params, feed)["size"])

    def list(self, path: str = ".", *, user: Optional[User] = None) -> List[Entry]:
        """A directory's entries."""
        entries = self._call("action.list", calls.file(self.info.token, path, user))["entries"]
        return [Entry.from_wire(entry) for entry in entries]

    def stat(self, path: str, *, follow: bool = True, user: Optional[User] = None) -> Entry:
        """What a path is."""
        params = calls.file(self.info.token, path, user, follow=None if follow else False)
        return Entry.from_wire(self._call("action.stat", params))

    def exists(self, path: str, *, user: Optional[User] = None) -> bool:
        """Whether there is something at a path."""
        try:
            self.stat(path, follow=False, user=user)
        except FileMissing:
            return False
        return True

    def make_directory(self, path: str, *, user: Optional[User] = None) -> None:
        """Makes a directory and its parents, if it is not there."""
        self._call("action.makeDirectory", calls.file(self.info.token, path, user))

    def remove(self, path: str, *, recursive: bool = False, user: Optional[User] = None) -> None:
        """Removes a file, or with `recursive` a directory and all in it."""
        self._call("action.remove", calls.file(self.info.token, path, user, recursive=recursive or None))

    def upload(self, source: PathLike, path: str, *, user: Optional[User] = None) -> TreeCount:
        """Merges the contents of the host's directory `source` into the sandbox's directory `path`."""
        params = calls.file(self.info.token, path, user)
        return TreeCount.from_wire(self._feed("action.upload", params, archive.pack(os.fspath(source))))

    def download(self, path: str, target: PathLike, *, user: Optional[User] = None) -> archive.Unpacked:
        """Merges the contents of the sandbox's directory `path` into the host's directory `target`."""
        params = calls.file(self.info.token, path, user)
        return self._drain("action.download", params, archive.unpack(os.fspath(target)))[1]

    def upload_file(self, source: PathLike, path: str, *, user: Optional[User] = None) -> int:
        """Copies one file of the host, with its execute permission, into the sandbox."""
        with open(source, "rb") as file:
            mode = os.fstat(file.fileno()).st_mode & 0o777
            return self.write(path, file, mode=mode, user=user)

    def download_file(self, path: str, target: PathLike, *, user: Optional[User] = None) -> int:
        """Copies one file of the sandbox to the host; nothing is made when there is none."""
        self.stat(path, user=user)
        with open(target, "wb") as file:
            params = calls.file(self.info.token, path, user)
            return self._drain("action.read", params, streams.storing(file))[1]

    # The session itself

    def message(
        self,
        text: str,
        *,
        source: str = "agent",
        reasoning: Optional[str] = None,
        model: Optional[str] = None,
        metrics: Optional[Mapping[str, Any]] = None,
        extra: Optional[Mapping[str, str]] = None,
    ) -> None:
        """Records what the agent (``user``, ``system``) said, for the trajectory."""
        self._call(
            "session.message", calls.message(self.info.token, text, source, reasoning, model, metrics, extra)
        )

    def submit(self, *, exception: Optional[Tuple[str, str]] = None) -> SessionEnd:
        """The agent is done: the verifier judges. `exception` is (Harbor's name, message) of its failure.

        Of a task with steps, while there are any left (`next` of the result): this session goes on with the next one.
        """
        self._ended = True
        end = SessionEnd.from_wire(self._call("session.submit", calls.submission(self.info.token, exception)))
        if end.next is not None:
            self.info, self._ended = end.next, False
        return end

    def close(self) -> Optional[SessionEnd]:
        """Ends the session without a verdict; nothing when it has ended, or was joined, not opened."""
        end = None
        try:
            if not self._ended and not self.connection.closed:
                self._ended = True
                end = SessionEnd.from_wire(self._call("session.close", calls.present(session=self.info.token)))
        finally:
            if self._owns_connection:
                self.connection.close()
        return end

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<executord.Session {self.trial}>"

    def _call(self, method: str, params: Dict[str, Any]) -> Any:
        return self.connection.request(method, params)

    def _call_with_input(self, method: str, params: Dict[str, Any], stdin: Optional[Data]) -> Any:
        if stdin is None:
            return self._call(method, params)
        inline, feed = _carrier(stdin)
        if feed is None:
            return self._call(method, {**params, "stdin": inline})
        return self._feed(method, params, feed)

    def _feed(self, method: str, params: Dict[str, Any], write: Callable[[BinaryIO], None]) -> Any:
        descriptor, fed = streams.feeding(write)
        result = self.connection.request(method, params, [descriptor])
        fed.result()
        return result

    def _drain(self, method: str, params: Dict[str, Any], read: Callable[[BinaryIO], T]) -> Tuple[Any, T]:
        descriptor, drained = streams.draining(read)
        result = self.connection.request(method, params, [descriptor])
        return result, drained.result()

    def _result(self, value: Mapping[str, Any]) -> ActionResult:
        action = int(value["action"])

        def whole(stream: str) -> Output:
            pieces = [Piece.from_wire(value[stream])]
            while pieces[-1].next_offset is not None:
                params = calls.output(self.info.token, action, stream, pieces[-1].next_offset, False)
                pieces.append(Piece.from_wire(self._call("action.output", params)))
            return Output.joined(pieces)

        return ActionResult(
            action, Exit.from_wire(value["exit"]), Cost.from_wire(value["cost"]), whole("stdout"), whole("stderr")
        )


class Action:
    """A program that `Session.start` started."""

    def __init__(self, session: Session, number: int) -> None:
        self._session = session
        self.number = number

    def output(self, stream: str = "stdout", offset: int = 0, *, wait: bool = False) -> Piece:
        """What a stream printed from `offset` on; with `wait` only when there is something, or the end."""
        params = calls.output(self._session.info.token, self.number, stream, offset, wait)
        return Piece.from_wire(self._session._call("action.output", params))

    def wait(self) -> ActionResult:
        """Waits for the end."""
        return self._session._result(self._session._call("action.wait", self._reference()))

    def kill(self, signal: str = "KILL") -> None:
        """``KILL`` ends the whole tree; another signal goes to its first process group."""
        self._session._call("action.kill", {**self._reference(), "signal": signal})

    def input(self, data: Union[str, bytes] = b"", *, end: bool = False) -> None:
        """Writes to its input; `end` closes it."""
        params = {**self._reference(), **encode_bytes(data)}
        self._session._call("action.input", {**params, "end": True} if end else params)

    def resize(self, rows: int, columns: int) -> None:
        """Its terminal has a new size."""
        self._session._call("action.resize", {**self._reference(), "rows": rows, "columns": columns})

    def _reference(self) -> Dict[str, Any]:
        return calls.present(session=self._session.info.token, action=self.number)

    def __repr__(self) -> str:
        return f"<executord.Action {self.number} of {self._session.trial}>"


def _carrier(data: Data) -> Tuple[Dict[str, str], Optional[Callable[[BinaryIO], None]]]:
    """How bytes travel: in the frame (first), or by what fills a pipe (second)."""
    if isinstance(data, str):
        data = data.encode()
    if not isinstance(data, (bytes, bytearray, memoryview)):
        return {}, streams.copying(data)
    if len(data) > calls.INLINE_BYTES:
        return {}, streams.writing(bytes(data))
    return encode_bytes(bytes(data)), None
