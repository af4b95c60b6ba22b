"""Writing a file so that it is there whole or not at all, readable by its owner only."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from app.errors import ChatError

MAX_PREFIX_LENGTH = 40  # characters; a name made longer than the file's own could be too long


@contextmanager
def written(path: Path | None) -> Iterator[TextIO]:
    """Open what the export goes to: standard output, a device, or a file that takes its place at the end."""
    if path is None:
        sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
        yield sys.stdout
    elif path.exists() and not path.is_file():
        with path.open("w", encoding="utf-8", newline="") as device:
            yield device
    else:
        with _replacing(path.resolve()) as file:
            yield file


@contextmanager
def _replacing(path: Path) -> Iterator[TextIO]:
    """Write a temporary file beside the path, and rename it when all of it is on the disk.

    Raises: ChatError when there is no such folder.
    """
    if not path.parent.is_dir():
        raise ChatError(f"There is no folder {path.parent} for {path.name}; make it, or name another file.")
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name[:MAX_PREFIX_LENGTH]}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            yield file
            file.flush()
            os.fsync(descriptor)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _keep_name(path.parent)


def _keep_name(folder: Path) -> None:
    """See the rename out to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
