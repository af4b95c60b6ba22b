"""Finds the program that holds the write lock of a database, to name it in the log.

The lock of a write-ahead log is a range of the -shm file (https://www.sqlite.org/walformat.html).
The kernel could be asked for its holder, but closing a descriptor of the file would release the
locks of this process. Linux lists all locks in a file of its own.
"""

from contextlib import suppress
from pathlib import Path

WRITE_LOCK_BYTE = 120
STOPPED = ("T", "t")  # by a signal or a debugger
_LOCKS = Path("/proc/locks")
_PROCESSES = Path("/proc")


def describe_writer(path: Path) -> str | None:
    """Return the program that writes to a database, and its process id, or None if unknown."""
    with suppress(OSError, ValueError):
        inode = Path(f"{path.resolve()}-shm").stat().st_ino
        for line in _LOCKS.read_text().splitlines():
            pid = _find_writer(line, inode)
            if pid is not None:
                return _describe(pid)
    return None


def _find_writer(line: str, inode: int) -> int | None:
    """Return the process id in a line of /proc/locks if it is for the write lock of a file.

    Such as `1: POSIX  ADVISORY  WRITE 1234 fd:01:5678 120 120`. A waiting process has `->` after
    the number.
    """
    fields = line.split()
    if len(fields) != 8 or fields[3] != "WRITE" or not fields[5].endswith(f":{inode}"):
        return None
    first, last = fields[6:]
    is_write_lock = int(first) <= WRITE_LOCK_BYTE and (last == "EOF" or int(last) >= WRITE_LOCK_BYTE)
    return int(fields[4]) if is_write_lock else None


def _describe(pid: int) -> str:
    """Return the name of a process, its id, and whether it is stopped."""
    name, _, rest = (_PROCESSES / str(pid) / "stat").read_text().partition(" (")[2].rpartition(") ")
    return f"{name}, process {pid}{', which is stopped' if rest[:1] in STOPPED else ''}"
