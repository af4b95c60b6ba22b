"""The claim of a server on an SQLite database: two files locked with `flock`.

`flock` does not interfere with SQLite's own locks. The lock on the database itself holds however
the file is named. The one on the lock file beside it holds even if the database is replaced.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from app.errors import DatabaseRefused, StorageError

LOCK_SECONDS = 0.2  # to wait for a program that only looks whether a server is running
RETRY_SECONDS = 0.01


class SQLiteClaim:
    """Exclusive use of a database by this process, until it is closed or the process ends.

    The lock file stays when the claim ends: deleting it could break the claim of the next server.

    Raises: DatabaseRefused when another server holds the claim, or the file system has no locks;
        StorageError when a file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        real = os.path.realpath(path)
        with ExitStack() as stack:
            stack.enter_context(lock_beside(path))
            self.descriptor = _lock(stack, real, os.O_RDONLY, path)
            self._stack = stack.pop_all()

    def close(self) -> None:
        """Release the claim."""
        self._stack.close()


@contextmanager
def lock_beside(path: Path) -> Iterator[None]:
    """Hold the lock on the lock file beside a database.

    Raises: like SQLiteClaim.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
    with ExitStack() as stack:
        _lock(stack, f"{os.path.realpath(path)}.lock", flags, path)
        yield


def is_claimed(path: Path) -> bool:
    """Return whether a program has claimed a database; False if that is unknown.

    To look, it shares the lock for some microseconds.
    """
    with ExitStack() as stack:
        try:
            descriptor = os.open(f"{os.path.realpath(path)}.lock", os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
            stack.callback(os.close, descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError as error:
            return isinstance(error, BlockingIOError)
    return False


def _lock(stack: ExitStack, file: str, flags: int, database: Path) -> int:
    """Open and lock a file until the stack is closed; return its descriptor."""
    try:
        descriptor = os.open(file, flags | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StorageError(f"{file} cannot be opened ({error.strerror}); check its permissions.") from error
    stack.callback(os.close, descriptor)
    try:
        _take(descriptor)
    except OSError as error:
        raise DatabaseRefused(_explain_lock_failure(database, error)) from error
    return descriptor


def _take(descriptor: int) -> None:
    """Lock an open file, unless another program has locked it for longer than `is_claimed` does."""
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(RETRY_SECONDS)
        else:
            return


def _explain_lock_failure(path: Path, error: OSError) -> str:
    if isinstance(error, BlockingIOError):
        return (
            f"Another server is running on {path}; stop it, name another file, or use PostgreSQL, which several "
            "servers can share."
        )
    return (
        f"{path} cannot be locked ({error.strerror}), so two servers might use it at once. "
        "Name a file on a local disk, or use PostgreSQL."
    )
