"""Detects that the files of an open SQLite database were removed, replaced or truncated.

SQLite keeps writing to the files that it has open, even if their paths now lead elsewhere.
Everything it reports as committed is then lost when the process ends. Comparing the device and
inode of each path with those at the time of opening costs a few microseconds, so it is done for
every batch.

If only the write-ahead log is gone, its contents can still be saved: a connection that has it open
copies them to the database file. Then all connections are closed, and the next one creates new
files. This is safe only if no other program has written to a new write-ahead log in the meantime.
"""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from app.errors import StorageError

WAL_SIZE_LIMIT_BYTES = 64 << 20  # SQLite truncates a larger write-ahead log when it starts over
_WAL_MAGIC = (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83")
_WAL_HEADER_BYTES = 32
_FRAME_HEADER_BYTES = 24  # before each page: https://www.sqlite.org/fileformat2.html#walformat
_stat = os.stat  # pathlib takes twice as long


class FileStatus(NamedTuple):
    """The identity of a file, and its size in bytes."""

    device: int
    inode: int
    size: int

    def is_same_file(self, other: "FileStatus | None") -> bool:
        """Return whether both are the same file."""
        return other is not None and self[:2] == other[:2]


def _status(file: str | int) -> FileStatus | None:
    """Return the status of a path or descriptor, or None if it leads to no file."""
    try:
        found = _stat(file)
    except OSError:
        return None
    return FileStatus(found.st_dev, found.st_ino, found.st_size)


class WriteAheadLog:
    """The open -wal file. SQLite locks other files, so opening and closing this one is safe."""

    def __init__(self, descriptor: int, status: FileStatus) -> None:
        self._descriptor = descriptor
        self.status = status
        self._lock = Lock()
        self._size, self._header = 0, b""
        self._frame = 0  # offset of a frame that belongs to the header, or 0
        self.is_truncated = False  # stays set, because the next commit makes the file longer again

    @classmethod
    def open(cls, path: str) -> "WriteAheadLog | None":
        """Open the file; return None if there is none, as in other journal modes."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None
        status = _status(descriptor)
        assert status is not None
        return cls(descriptor, status)

    def is_whole(self) -> bool:
        """Compare the file with what it was before; return False if it was truncated.

        SQLite truncates the file to zero, or to the limit after writing a new header. After any
        other truncation, the header is missing, or it is the same and the file is shorter. If the
        next commit has made the file longer again, zeros are where frames were.
        """
        with self._lock:  # otherwise a thread could compare with what another has read later
            size = os.fstat(self._descriptor).st_size
            header = self._read_header()
            if header != self._header:
                self._header, self._size, self._frame = header, 0, 0  # the size may be the previous one
                self.is_truncated |= header != b"" and header[:4] not in _WAL_MAGIC
            elif size < min(self._size, WAL_SIZE_LIMIT_BYTES) or self._has_lost_frame():
                self.is_truncated |= header == self._read_header()  # SQLite may have started over
            else:
                self._size = size
                self._find_last_frame(min(size, WAL_SIZE_LIMIT_BYTES))
            return not self.is_truncated

    def _read_header(self) -> bytes:
        return os.pread(self._descriptor, _WAL_HEADER_BYTES, 0)

    def _has_lost_frame(self) -> bool:
        return self._frame > 0 and not self._is_frame(self._frame)

    def _find_last_frame(self, size: int) -> None:
        """Remember the last frame of the file, unless it belongs to an earlier header."""
        page_bytes = int.from_bytes(self._header[8:12])
        count = (size - _WAL_HEADER_BYTES) // (_FRAME_HEADER_BYTES + page_bytes)
        last = _WAL_HEADER_BYTES + (count - 1) * (_FRAME_HEADER_BYTES + page_bytes)
        if count > 0 and last != self._frame and self._is_frame(last):
            self._frame = last

    def _is_frame(self, offset: int) -> bool:
        """Return whether a frame at this offset has the salts of the header."""
        return os.pread(self._descriptor, _FRAME_HEADER_BYTES, offset)[8:16] == self._header[16:24]

    def close(self) -> None:
        """Close the descriptor."""
        os.close(self._descriptor)


class SQLiteFiles:
    """The database, its write-ahead log (-wal) and the log's index (-shm), as opened here.

    All connections of the process have the same files open: `connect` refuses to open others.
    """

    def __init__(self, path: Path) -> None:
        self._path = str(path.absolute())
        real = os.path.realpath(path)  # SQLite creates the other files beside the target of a link
        self._wal_path, self._shm_path = f"{real}-wal", f"{real}-shm"
        self._claimed: FileStatus | None = None
        self._database: FileStatus | None = None
        self._wal: WriteAheadLog | None = None
        self._shm: FileStatus | None = None
        self._identities: tuple[int, ...] = ()
        self._connections: set[int] = set()
        self.are_abandoned = False  # their contents are safe; no connection may use them again

    def claim(self, descriptor: int) -> None:
        """From now on, refuse to open any database other than this open file.

        Raises: StorageError when the path leads to another file.
        """
        problem = self.find_problem()
        self._claimed = _status(descriptor)
        self._identities = self._identify()
        if problem := problem or self.find_problem():
            raise StorageError(f"{problem}.")

    def connect(self, open_connection: Callable[[], sqlite3.Connection]) -> sqlite3.Connection:
        """Open a connection, unless it would have other files open than the existing ones.

        Raises: sqlite3.OperationalError.
        """
        if problem := self.find_problem():
            raise sqlite3.OperationalError(problem)
        connection = open_connection()
        self._connections.add(id(connection))
        return connection

    def opened(self) -> None:
        """Record the files of the first connection, or compare those of a later one with them.

        Raises: sqlite3.OperationalError when files were replaced in the meantime.
        """
        if self._database is None:
            self._wal = WriteAheadLog.open(self._wal_path)
            self._shm = _status(self._shm_path)
            self._database = _status(self._path)
            self._identities = self._identify()
        if problem := self.find_problem():
            raise sqlite3.OperationalError(problem)

    def closed(self, connection: object) -> None:
        """Forget a connection that is being closed, and with the last one the files.

        SQLite deletes the -wal and -shm files with the last connection; the next creates new ones.
        """
        self._connections.discard(id(connection))
        if not self._connections:
            wal, self._database, self._wal, self._shm = self._wal, None, None, None
            self.are_abandoned = False
            if wal is not None:
                wal.close()

    @property
    def are_open(self) -> bool:
        """Whether a connection has the files open."""
        return bool(self._connections)

    def find_problem(self) -> str | None:
        """Return a sentence saying what happened to the files, or None if they are in place."""
        if self._are_in_place():
            return None
        return self._find_database_problem() or self._find_log_problem()

    def _are_in_place(self) -> bool:
        """Check everything at once, in the usual case; the methods below find out what is wrong."""
        if self._database is None or self._wal is None or self._shm is None:
            return False
        try:
            database = _stat(self._path)
            wal = _stat(self._wal_path)
            shm = _stat(self._shm_path)
        except OSError:
            return False
        found = (database.st_ino, database.st_dev, wal.st_ino, wal.st_dev, shm.st_ino, shm.st_dev)
        return found == self._identities and database.st_size > 0 and self._wal.is_whole()

    def find_loss(self) -> str | None:
        """Return a sentence saying why the write-ahead log cannot be saved, or None if it can."""
        if problem := self._find_database_problem():
            return problem
        if self._wal is not None and self._wal.is_truncated:
            return self._find_log_problem()
        found = _status(self._wal_path)
        if self._wal is None or not self._wal.status.is_same_file(found):
            is_unused = found is None or found.size == 0
        else:
            is_unused = _status(self._shm_path) is None
        return None if is_unused else self._find_log_problem()

    def _identify(self) -> tuple[int, ...]:
        files = (self._claimed or self._database, self._wal and self._wal.status, self._shm)
        return tuple(number for file in files if file for number in (file.inode, file.device))

    def _find_database_problem(self) -> str | None:
        expected = self._claimed or self._database
        if expected is None:
            return None
        found = _status(self._path)
        if found is None:
            return f"{self._path} was removed or renamed; move it back, or stop the server"
        if not expected.is_same_file(found):
            return f"{self._path} was replaced by another file; move the original back, or stop the server"
        if found.size == 0 < expected.size:
            return f"{self._path} was emptied; stop the server and restore a backup"
        return None

    def _find_log_problem(self) -> str | None:
        if self._wal is None:
            return None
        found = _status(self._wal_path)
        if found is None or not self._wal.status.is_same_file(found):
            return f"{self._wal_path} was removed or replaced; stop the server, and run chat-admin db check"
        if not self._wal.is_whole():
            return f"{self._wal_path} was truncated; stop the server, and run chat-admin db check"
        if self._shm is not None and not self._shm.is_same_file(_status(self._shm_path)):
            return f"{self._shm_path} was removed or replaced; restart the server"
        return None
