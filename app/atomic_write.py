"""Files that get their name only when they are complete and on disk, and only their owner can read.

While it is written, a file has a temporary name, so a file with the final name is complete even if
the program was killed. The temporary file is locked, so that the remains of a killed program can be
told from a file that is being written.
"""

import errno
import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FULL_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
PRIVATE_FILE = 0o600
MAX_PREFIX_LENGTH = 40  # characters of the temporary name, within NAME_MAX


@contextmanager
def replacing(path: Path, temporary: Path | None = None) -> Iterator[Path]:
    """Yield the path of an empty temporary file, then sync it and rename it to `path`.

    On failure, the temporary file is removed and `path` is as it was. With a fixed temporary name,
    the remains of a killed program are replaced.

    Raises: BlockingIOError if another program writes to the temporary file; OSError.
    """
    if temporary is None:
        temporary = path.with_name(f".{path.name[:MAX_PREFIX_LENGTH]}.{secrets.token_hex(4)}")
    with _naming(path):
        remove_remains(temporary)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE_FILE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.fchmod(descriptor, PRIVATE_FILE)
        with naming_full_disk(path):
            yield temporary
            os.fsync(descriptor)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)
    sync_folder(path.parent)


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Name the file that is replaced, instead of the temporary one, in errors."""
    try:
        yield
    except OSError as error:
        if error.filename is not None:
            error.filename = str(path)
        raise


@contextmanager
def naming_full_disk(path: Path) -> Iterator[None]:
    """Add the name of the file being written to an error that a full disk causes."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL_DISK and error.filename is None:
            error.filename = str(path)
        raise


def remove_remains(temporary: Path) -> None:
    """Remove a temporary file if the program that wrote it has ended. A link is not followed.

    Raises: BlockingIOError if it is still running; OSError.
    """
    if temporary.is_symlink():
        temporary.unlink()
        return
    try:
        descriptor = os.open(temporary, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        temporary.unlink()
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Write the entries of a folder to disk, so that a new name in it is durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
