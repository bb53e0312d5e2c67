"""Directories as tar streams. What comes out of a sandbox is untrusted: no name and no link in it may lead outside."""

from __future__ import annotations

import contextlib
import os
import stat
import tarfile
from typing import BinaryIO, Callable, Iterator, List, NamedTuple, Tuple

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_CHUNK = 1 << 18


class Unpacked(NamedTuple):
    """What `unpack` made, and the names that it left out: devices, FIFOs, and links that lead outside."""

    entries: int
    bytes: int
    skipped: Tuple[str, ...]


def pack(source: str) -> Callable[[BinaryIO], None]:
    """For `feeding`: the contents of the directory `source`, without owners, as a tar stream."""

    def write(stream: BinaryIO) -> None:
        with tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as archive:
            for path, name in _walk(source):
                _add(archive, path, name)

    return write


def _walk(source: str) -> Iterator[Tuple[str, str]]:
    for folder, folders, files in os.walk(source):
        folders.sort()
        # A link to a directory is among the folders, and is not walked into.
        for name in sorted(folders + files):
            path = os.path.join(folder, name)
            yield path, os.path.relpath(path, source)


def _add(archive: tarfile.TarFile, path: str, name: str) -> None:
    found = os.lstat(path)
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode) or stat.S_ISLNK(found.st_mode)):
        return
    member = archive.gettarinfo(path, name)
    if member.islnk():
        # A second name of a file is sent as a file: the other name may be left out.
        member.type, member.linkname, member.size = tarfile.REGTYPE, "", found.st_size
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    if member.isreg():
        with open(path, "rb") as content:
            archive.addfile(member, content)
    else:
        archive.addfile(member)


def unpack(target: str) -> Callable[[BinaryIO], Unpacked]:
    """For `draining`: a tar stream merged into the directory `target`, whose files of the same names are replaced.

    `tarfile`'s `data` filter is not enough: not every Python since 3.9 has it, and those before 3.13.4 let chains of
    links lead outside. Here no link exists while files are made, and one that leads outside does not stay.
    """

    def read(stream: BinaryIO) -> Unpacked:
        os.makedirs(target, exist_ok=True)
        entries = total = 0
        links: List[Tuple[str, str]] = []
        skipped: List[str] = []
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                parts = [part for part in member.name.split("/") if part not in ("", ".")]
                if ".." in parts or not (member.isreg() or member.isdir() or member.issym()):
                    skipped.append(member.name)
                    continue
                if not parts:
                    continue
                entries += 1
                if member.issym():
                    links.append(("/".join(parts), member.linkname))
                    continue
                with _folder(target, parts if member.isdir() else parts[:-1]) as folder:
                    if member.isreg():
                        total += _write(archive, member, folder, parts[-1])
        for name, destination in links:
            if not _link(target, name, destination):
                skipped.append(name)
                entries -= 1
        root = os.path.realpath(target)
        for name, _ in links:
            path = os.path.join(root, name)
            if os.path.islink(path) and os.path.commonpath([root, os.path.realpath(path)]) != root:
                os.unlink(path)
                skipped.append(name)
                entries -= 1
        # The daemon pads: read to the end, else it would be told that nobody listens.
        while stream.read(_CHUNK):
            pass
        return Unpacked(entries, total, tuple(skipped))

    return read


@contextlib.contextmanager
def _folder(target: str, parts: List[str]) -> Iterator[int]:
    """The directory of these names below `target`, made where it is missing; whatever else has its name is replaced."""
    folder = os.open(target, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts:
            try:
                os.mkdir(part, 0o755, dir_fd=folder)
            except FileExistsError:
                if not stat.S_ISDIR(os.lstat(part, dir_fd=folder).st_mode):
                    os.unlink(part, dir_fd=folder)
                    os.mkdir(part, 0o755, dir_fd=folder)
            inner = os.open(part, _DIRECTORY, dir_fd=folder)
            os.close(folder)
            folder = inner
        yield folder
    finally:
        os.close(folder)


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: int, name: str) -> int:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)
    # Readable by the owner whatever the sandbox says; neither set-uid nor writable by others.
    mode = (member.mode & 0o755) | 0o600
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    content = archive.extractfile(member)
    with open(os.open(name, flags, mode, dir_fd=folder), "wb") as file:
        if content is not None:
            while True:
                chunk = content.read(_CHUNK)
                if not chunk:
                    break
                file.write(chunk)
        return file.tell()


def _link(target: str, name: str, destination: str) -> bool:
    parts = name.split("/")
    if destination.startswith("/"):
        return False
    with _folder(target, parts[:-1]) as folder:
        with contextlib.suppress(FileNotFoundError, IsADirectoryError):
            os.unlink(parts[-1], dir_fd=folder)
        try:
            os.symlink(destination, parts[-1], dir_fd=folder)
        except FileExistsError:
            return False
    return True
