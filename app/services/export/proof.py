"""Exports events with a proof that they are part of the log, which docs/proof.md describes.

The file continues to the end of the log, so that the proof leads to any later digest. Batches
without an exported event are one digest each.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, select

from app.clock import to_iso
from app.db.chain.digests import digest_chain, digest_rows
from app.db.chain.entries import EntryReader, LogEntry
from app.db.chain.links import BEGINNING, ChainLink, Position, find_digest, find_end_before, read_links
from app.db.chain.rows import StoredEvent
from app.db.database import Database
from app.db.models import RoomRow
from app.errors import CheckFailed, StorageError
from app.services.export.about import ExportInfo

FORMAT = "durable-chat proof 1"


class ProofWriter:
    """Writes a proof of the events with these ids, which ascend, in a log that ends at `end`."""

    def __init__(self, database: Database, ids: Iterable[int], end: int) -> None:
        self._database = database
        self._ids = iter(ids)
        self._next = next(self._ids, None)
        self._end = end
        self.count = 0  # events written
        self.position = BEGINNING  # after the batches written

    def write(self, about: ExportInfo, rooms: Sequence[int] | None) -> Iterator[str]:
        """Yield the lines of the file.

        Raises: StorageError while digests are missing; CheckFailed where they do not fit.
        """
        with self._database.snapshot() as connection:
            self._require_chain(connection)
            self.position = find_end_before(connection, self._next or self._end + 1)
            names = _read_names(connection, rooms)
        yield _line(
            format=FORMAT,
            server=about.servername,
            exported=to_iso(about.made),
            rooms=names,
            start=f"{self.position.last_id}:{self.position.digest.hex()}",
        )
        while self.position.last_id < self._end:
            with self._database.snapshot() as connection:
                lines = self._read_page(connection)
            yield from lines

    def _require_chain(self, connection: Connection) -> None:
        if find_digest(connection, self._end) is None:
            raise StorageError(
                "The digests of older messages are not complete; run chat-admin db upgrade, or wait until "
                "the server has made them."
            )

    def _read_page(self, connection: Connection) -> list[str]:
        """Return the lines of the next batches."""
        start = self.position.last_id
        links = [link for link in read_links(connection, start) if link.last_id <= self._end]
        if not links:
            raise _damage(start + 1, self._end)
        reader = EntryReader(connection, start, links[-1].last_id)
        return [self._describe_batch(link, list(reader.read_to(link.last_id))) for link in links]

    def _describe_batch(self, link: ChainLink, entries: list[LogEntry]) -> str:
        shown = self._take_ids(link.last_id)
        digests = [entry.tombstone or (entry.event and entry.event.row_digest) or b"" for entry in entries]
        rows_digest = link.rows_digest or digest_rows(digests)
        if digest_chain(self.position.digest, rows_digest) != link.digest:
            raise _damage(self.position.last_id + 1, link.last_id)
        self.position = Position(link.last_id, link.digest)
        rows = [
            _describe(entry.event) if entry.event is not None and entry.id in shown else digest.hex()
            for entry, digest in zip(entries, digests, strict=True)
        ]
        count = sum(not isinstance(row, str) for row in rows)
        self.count += count
        contents = {"rows": rows} if count else {"rows_digest": rows_digest.hex()}
        return _line(last_id=link.last_id, **contents)

    def _take_ids(self, last_id: int) -> set[int]:
        """Return the ids up to a position."""
        taken = set()
        while self._next is not None and self._next <= last_id:
            taken.add(self._next)
            self._next = next(self._ids, None)
        return taken


def _read_names(connection: Connection, rooms: Sequence[int] | None) -> dict[int, str]:
    query = select(RoomRow.id, RoomRow.name).order_by(RoomRow.id)
    if rooms is not None:
        query = query.where(RoomRow.id.in_(rooms))
    return {row.id: row.name for row in connection.execute(query)}


def _describe(event: StoredEvent) -> dict[str, Any]:
    """Return an event with what its row digest is computed from."""
    *head, session, nick, user, host, account, target, text, data = event.values
    people = (session, nick, user, host, account, target)
    content = (text, None if data is None else json.loads(data))
    return {
        "event": head,
        "people": _part(event.people_salt, people, event.people),
        "content": _part(event.content_salt, content, event.content),
    }


def _part(salt: bytes | None, values: tuple[Any, ...], commitment: bytes | None) -> object:
    """Return the salt and the values of a part of an event, or its commitment if it was erased."""
    if salt is not None:
        return {"salt": salt.hex(), "values": values}
    return (commitment or b"").hex()


def _line(**members: object) -> str:
    return f"{json.dumps(members)}\n"


def _damage(first: int, last: int) -> CheckFailed:
    return CheckFailed(
        f"Events {first} to {last} do not fit their digest; chat-admin history verify shows what is wrong."
    )
