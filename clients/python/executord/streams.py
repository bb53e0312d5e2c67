"""Pipes for bulk data: one end goes to the daemon, a thread serves the other."""

from __future__ import annotations

import os
import threading
from concurrent.futures import Future
from typing import BinaryIO, Callable, List, Tuple, TypeVar

T = TypeVar("T")
_CHUNK = 1 << 18


def feeding(write: Callable[[BinaryIO], None]) -> Tuple[int, "Future[None]"]:
    """The read end of a pipe that `write` fills on a thread of its own.

    A reader that stops early is no error here: its own answer says why.
    """
    read_end, write_end = os.pipe()

    def run() -> None:
        try:
            with open(write_end, "wb", buffering=_CHUNK) as stream:
                write(stream)
        except BrokenPipeError:
            pass

    return read_end, _on_thread(run)


def draining(read: Callable[[BinaryIO], T]) -> Tuple[int, "Future[T]"]:
    """The write end of a pipe that `read` empties on a thread of its own; the future holds what it returns."""
    read_end, write_end = os.pipe()

    def run() -> T:
        with open(read_end, "rb", buffering=_CHUNK) as stream:
            return read(stream)

    return write_end, _on_thread(run)


def writing(data: bytes) -> Callable[[BinaryIO], None]:
    """For `feeding`: these bytes."""

    def write(stream: BinaryIO) -> None:
        stream.write(data)

    return write


def copying(source: BinaryIO) -> Callable[[BinaryIO], None]:
    """For `feeding`: what is left of a file."""

    def write(stream: BinaryIO) -> None:
        while True:
            chunk = source.read(_CHUNK)
            if not chunk:
                return
            stream.write(chunk)

    return write


def collecting(limit: int) -> Callable[[BinaryIO], bytes]:
    """For `draining`: the bytes, at most one more than `limit`."""

    def read(stream: BinaryIO) -> bytes:
        chunks: List[bytes] = []
        left = limit + 1
        while left > 0:
            chunk = stream.read(min(left, _CHUNK))
            if not chunk:
                break
            chunks.append(chunk)
            left -= len(chunk)
        return b"".join(chunks)

    return read


def storing(target: BinaryIO) -> Callable[[BinaryIO], int]:
    """For `draining`: into a file; how many bytes."""

    def read(stream: BinaryIO) -> int:
        total = 0
        while True:
            chunk = stream.read(_CHUNK)
            if not chunk:
                return total
            target.write(chunk)
            total += len(chunk)

    return read


def _on_thread(work: Callable[[], T]) -> "Future[T]":
    future: "Future[T]" = Future()
    future.set_running_or_notify_cancel()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, name="executord-pipe", daemon=True).start()
    return future
