"""Restores a backup into a temporary folder, and uses it as a client does."""

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.cli.admin.rehearsal.server_process import running_server
from app.client.net.irc_session import IrcSession, open_session
from app.errors import ChatError
from app.progress import Report
from app.services.backup.manifest import Manifest, hash_file
from app.services.backup.rehearsal import ExpectedRoom, PreparedCopy, prepare_copy
from app.services.backup.restoring import copy_file
from app.wire.line import format_tags

PAGE_MESSAGES = 50


@dataclass(frozen=True, slots=True)
class RehearsalResult:
    """How long a restore takes, what was read from the server, and a sentence for each problem.

    `restore_seconds` is the time until users can connect: of copying, comparing and starting.
    """

    restore_seconds: float
    copy_seconds: float
    start_seconds: float
    rooms: int
    messages: int
    searches: int
    problems: list[str]


class Rehearsal:
    """A rehearsal with one backup."""

    def __init__(self, file: Path, manifest: Manifest) -> None:
        self._file = file
        self._manifest = manifest
        self._messages = 0
        self._searches = 0

    def run(self, report: Report) -> RehearsalResult:
        """Copy the backup, start a server on the copy, use it, stop it, and remove the copy.

        Raises: ChatError when the copy differs, or the server does not start or stop; OSError.
        """
        with tempfile.TemporaryDirectory(prefix="chat-rehearsal-") as folder:
            path, begin = Path(folder, "chat.db"), time.monotonic()
            self._copy(path, report)
            copied = time.monotonic()
            prepared = prepare_copy(path)
            begin_start = time.monotonic()
            with running_server(path) as port:
                started = time.monotonic()
                problems = list(self._use(port, prepared))
        copy_seconds, start_seconds = copied - begin, started - begin_start
        return RehearsalResult(
            round(copy_seconds + start_seconds, 1),
            round(copy_seconds, 1),
            round(start_seconds, 1),
            len(prepared.rooms),
            self._messages,
            self._searches,
            problems,
        )

    def _copy(self, path: Path, report: Report) -> None:
        path.touch(mode=0o600)
        copy_file(self._file, path, report)
        if hash_file(path) != self._manifest.sha256:
            raise ChatError(f"The copy of {self._file} differs from it; check the disks of both.")

    def _use(self, port: int, prepared: PreparedCopy) -> Iterator[str]:
        """Log in, read a page of each room and search for a message in it; yield problems."""
        with open_session(port) as session:
            session.log_in(prepared.account, prepared.password)
            for room in prepared.rooms:
                yield from self._visit(session, room)

    def _visit(self, session: IrcSession, room: ExpectedRoom) -> Iterator[str]:
        joined = session.request(f"SAJOIN {room.name}")
        if not any(line.command == "366" for line in joined):
            yield f"The room {room.name} cannot be entered."
            return
        found = _read_ids(session, f"CHATHISTORY LATEST {room.name} * {PAGE_MESSAGES}")
        self._messages += len(found)
        if room.message is not None and room.message not in found:
            yield f"The latest page of {room.name} lacks the message {room.message}."
        if room.word is not None:
            self._searches += 1
            query = format_tags({"in": room.name, "text": room.word})
            if room.message not in _read_ids(session, f"SEARCH {query}"):
                yield f"A search in {room.name} does not find the message {room.message}."
        session.request(f"PART {room.name}")


def _read_ids(session: IrcSession, request: str) -> set[str]:
    """Return the ids of the messages that a request returns."""
    return {line.tags["msgid"] for line in session.request(request) if "msgid" in line.tags}
