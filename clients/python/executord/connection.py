"""The connection: JSON-RPC 2.0, one object a line, over a Unix socket; descriptors by SCM_RIGHTS."""

from __future__ import annotations

import copy
import itertools
import json
import logging
import os
import queue
import socket
import threading
from concurrent.futures import Future
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from .errors import ConnectionLost, ExecutordError, FrameTooLarge, ProtocolError, error_from_wire
from .location import connect_socket

#: What the daemon takes before it has told its own limit.
_FRAME_BYTES = 1 << 20
_log = logging.getLogger(__name__)

#: Called with a notification's method and params, on the reading thread: it must not wait for the connection.
NotificationHandler = Callable[[str, Dict[str, Any]], None]


class Connection:
    """A connection to a daemon. All methods may be called from any thread.

    Closing it ends what it holds: its sessions, and what runs in them.
    """

    def __init__(self, connected: socket.socket, *, path: str = "", client: str = "executord-python") -> None:
        """Takes over a connected socket, and introduces `client` to the daemon."""
        #: The path of the socket.
        self.path = path
        self._socket = connected
        self._outgoing: "queue.SimpleQueue[Optional[Tuple[bytes, List[int]]]]" = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._pending: Dict[int, Tuple["Future[Any]", Mapping[str, Any]]] = {}
        self._handlers: List[NotificationHandler] = []
        self._numbers = itertools.count(1)
        self._end: Optional[ExecutordError] = None
        self._frame_bytes = _FRAME_BYTES
        self._threads = [
            threading.Thread(target=self._write, name="executord-write", daemon=True),
            threading.Thread(target=self._read, name="executord-read", daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        try:
            #: What `daemon.hello` answered: version, protocolVersion, mode, maximumFrameBytes.
            self.hello: Dict[str, Any] = self.request("daemon.hello", {"client": client})
            self._frame_bytes = int(self.hello.get("maximumFrameBytes", _FRAME_BYTES))
        except BaseException:
            self.close()
            raise

    @classmethod
    def connect(
        cls, path: Optional[str] = None, *, start: bool = True, client: str = "executord-python"
    ) -> "Connection":
        """To the daemon at `path`, or where `executorctl` would look; with `start`, else to one of the caller's own."""
        connected, path = connect_socket(path, start)
        return cls(connected, path=path, client=client)

    def submit(
        self, method: str, params: Optional[Mapping[str, Any]] = None, descriptors: Sequence[int] = ()
    ) -> "Future[Any]":
        """Sends a request; the future holds its result or raises its error.

        The connection takes the descriptors over: they are closed as soon as they are sent, or cannot be.
        """
        owned = list(descriptors)
        future: "Future[Any]" = Future()
        params = {} if params is None else params
        number = next(self._numbers)
        envelope: Dict[str, Any] = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        if owned:
            envelope["descriptors"] = len(owned)
        try:
            frame = json.dumps(envelope, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
            if len(frame) > self._frame_bytes:
                raise FrameTooLarge(
                    f"{method}: the request has {len(frame)} bytes, the daemon takes {self._frame_bytes}",
                    remedy="pass the data through a descriptor, or write it into a file first",
                    name="frameTooLarge",
                )
            with self._lock:
                if self._end is not None:
                    raise ConnectionLost(f"{method}: {self._end.message}", remedy=self._end.remedy)
                self._pending[number] = (future, params)
                self._outgoing.put((frame + b"\n", owned))
        except BaseException:
            _close_all(owned)
            raise
        return future

    def request(
        self,
        method: str,
        params: Optional[Mapping[str, Any]] = None,
        descriptors: Sequence[int] = (),
        timeout: Optional[float] = None,
    ) -> Any:
        """Sends a request and waits for its result; after `timeout` seconds `concurrent.futures.TimeoutError`."""
        return self.submit(method, params, descriptors).result(timeout)

    def subscribe(self, handler: NotificationHandler) -> Callable[[], None]:
        """Calls `handler` with every notification, until the returned function is called."""
        with self._lock:
            self._handlers = self._handlers + [handler]

        def unsubscribe() -> None:
            with self._lock:
                self._handlers = [other for other in self._handlers if other is not handler]

        return unsubscribe

    @property
    def closed(self) -> bool:
        return self._end is not None

    def close(self) -> None:
        """Closes the connection; what waits for an answer raises `ConnectionLost`. May be called again."""
        self._finish(ConnectionLost("the connection was closed"))
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join()

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<executord.Connection {self.path}{' closed' if self.closed else ''}>"

    def _finish(self, end: ExecutordError) -> None:
        with self._lock:
            if self._end is not None:
                return
            self._end = end
            pending, self._pending = self._pending, {}
            self._outgoing.put(None)
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        for future, _ in pending.values():
            # One for each: whoever raises it adds to its traceback.
            _settle(future, error=copy.copy(end))

    def _write(self) -> None:
        while True:
            item = self._outgoing.get()
            if item is None:
                break
            frame, descriptors = item
            try:
                if self._end is None:
                    sent = socket.send_fds(self._socket, [frame], descriptors) if descriptors else 0
                    self._socket.sendall(memoryview(frame)[sent:])
            except OSError as error:
                self._finish(ConnectionLost(f"the daemon went away: {error.strerror or error}"))
            finally:
                _close_all(descriptors)

    def _read(self) -> None:
        buffer = bytearray()
        end = ConnectionLost("the daemon closed the connection", remedy="see 'executorctl list' and the daemon's log")
        try:
            while True:
                chunk = self._socket.recv(1 << 18)
                if not chunk:
                    break
                scanned = len(buffer)
                buffer += chunk
                last = buffer.rfind(b"\n", scanned)
                if last < 0:
                    continue
                lines = bytes(buffer[:last]).split(b"\n")
                del buffer[: last + 1]
                for line in lines:
                    if line:
                        self._receive(line)
        except OSError as error:
            end = ConnectionLost(f"the daemon went away: {error.strerror or error}")
        except ProtocolError as error:
            self._finish(error)
        finally:
            self._finish(end)
            # Closed by the last who uses it: its number may belong to another file right afterwards.
            self._threads[0].join()
            self._socket.close()

    def _receive(self, line: bytes) -> None:
        try:
            message = json.loads(line)
            if not isinstance(message, dict):
                raise ValueError("not an object")
        except ValueError as error:
            raise ProtocolError(
                f"the daemon's answer is not understood: {error}",
                remedy="use a client and an executord of the same version",
            ) from error
        method = message.get("method")
        if isinstance(method, str):
            params = message.get("params")
            for handler in self._handlers:
                try:
                    handler(method, params if isinstance(params, dict) else {})
                except Exception:
                    _log.exception("the handler of %s failed", method)
            return
        number = message.get("id")
        with self._lock:
            future, params = self._pending.pop(number, (None, {})) if isinstance(number, int) else (None, {})
        if future is not None:
            if "error" in message:
                _settle(future, error=error_from_wire(message["error"], params))
            else:
                _settle(future, result=message.get("result"))
        elif number is None and "error" in message:
            # What could not be parsed has no number: nobody else can be told.
            raise ProtocolError(error_from_wire(message["error"], {}).message)


def _settle(future: "Future[Any]", result: Any = None, error: Optional[BaseException] = None) -> None:
    if not future.set_running_or_notify_cancel():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)


def _close_all(descriptors: Sequence[int]) -> None:
    for descriptor in descriptors:
        try:
            os.close(descriptor)
        except OSError:
            pass
