"""Atomic output files, readable only by their owner."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from app.atomic_write import naming_full_disk, replacing
from app.errors import ChatError

MAX_LINKS = 10  # symbolic links followed to an open descriptor


@contextmanager
def open_atomically(path: Path | None) -> Iterator[TextIO]:
    """Open standard output, an open stream, a device, or a file that is replaced when complete.

    A path such as /dev/stdout or /dev/fd/5 names a stream that the caller opened. The output is
    written to that stream, even if it leads to a regular file (`>> file`), which is not replaced.
    """
    if path is None:
        sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
        yield sys.stdout
    elif (descriptor := _find_descriptor(path)) is not None:
        with _open_stream(descriptor) as stream:
            yield stream
    elif path.exists() and not path.is_file():
        with naming_full_disk(path), path.open("w", encoding="utf-8", newline="") as device:
            yield device
    else:
        with _replacing(path) as file:
            yield file


@contextmanager
def open_reserved(path: Path, size: int) -> Iterator[Callable[[str], object]]:
    """Open a file as `open_atomically` does, and yield a function that writes all of its text.

    A new file already has `size` bytes on disk then, so that a text of that length can be written
    even if the disk is full by then. Nothing can be reserved on a stream or a device.
    """
    is_file = not is_stream(path)
    with open_atomically(path) as file:
        if is_file:
            _reserve(file, size)
        yield (lambda text: _replace_text(file, text)) if is_file else file.write


def _reserve(file: TextIO, size: int) -> None:
    file.write(" " * size)
    file.flush()
    os.fsync(file.fileno())


def _replace_text(file: TextIO, text: str) -> None:
    file.seek(0)
    file.write(text)
    file.truncate()


def is_stream(path: Path) -> bool:
    """Return whether a path names an open stream or a device rather than a file."""
    return _find_descriptor(path) is not None or (path.exists() and not path.is_file())


def _find_descriptor(path: Path) -> int | None:
    """Return the number of the open descriptor that a path names, or None."""
    folders = {Path("/dev/fd"), Path("/proc/self/fd").resolve()}
    for _ in range(MAX_LINKS):
        folder = path.parent.resolve()
        if folder in folders and path.name.isdecimal():
            return int(path.name)
        if not path.is_symlink():
            return None
        path = folder / path.readlink()
    return None


def _open_stream(descriptor: int) -> TextIO:
    """Return a stream of its own for an open descriptor, at the descriptor's position.

    Raises: ChatError if the descriptor is not open.
    """
    sys.stdout.flush()
    try:
        return os.fdopen(os.dup(descriptor), "w", encoding="utf-8", newline="")
    except OSError as error:
        raise ChatError(f"The descriptor {descriptor} is not open for writing.") from error


def require_parent_folder(path: Path | None) -> None:
    """Check that the folder of an output file exists, if there is to be a file.

    Raises: ChatError.
    """
    if path is not None and not path.parent.is_dir():
        raise ChatError(f"The folder {path.parent} does not exist; create it or choose another file.")


@contextmanager
def continue_atomically(path: Path | None) -> Iterator[TextIO]:
    """Open a stream, or a copy of a file that replaces it when complete, for appending.

    Raises: ChatError if the file does not end with a line end.
    """
    if path is None or is_stream(path):
        with open_atomically(path) as stream:
            yield stream
        return
    _require_complete_lines(path)
    with (
        extend_atomically(path) as temporary,
        temporary.open("a", encoding="utf-8", newline="") as file,
    ):
        yield file


def _require_complete_lines(path: Path) -> None:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        if file.read() != b"\n":
            raise ChatError(f"{path} does not end with a line end, so it was changed; choose another file.")


@contextmanager
def extend_atomically(path: Path) -> Iterator[Path]:
    """Yield the path of a copy of a file that replaces it when complete."""
    with replace_atomically(path) as temporary:
        shutil.copyfile(path, temporary)
        yield temporary


@contextmanager
def replace_atomically(path: Path) -> Iterator[Path]:
    """Yield the path of an empty temporary file that replaces the file when complete.

    A symbolic link is followed.

    Raises: ChatError if the folder does not exist.
    """
    path = path.resolve()
    require_parent_folder(path)
    with replacing(path) as temporary:
        yield temporary


@contextmanager
def _replacing(path: Path) -> Iterator[TextIO]:
    with (
        replace_atomically(path) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as file,
    ):
        yield file
