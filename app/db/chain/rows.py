"""Reads stored events with their salts and commitments, and computes their row digests."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, bindparam, select

from app.db import models
from app.db.chain.digests import (
    EventValues,
    canonical_json,
    commit_content,
    commit_people,
    digest_row,
)

CHUNK_IDS = 500  # ids in one query; each is a parameter of its statement
# For statements that are built once: to build one takes longer than to execute it.
IDS = bindparam("ids", type_=BigInteger, expanding=True)

_event = models.EventRow.__table__.c
_commitment = models.EventCommitmentRow.__table__
_COVERED = (
    _event.id,
    _event.kind,
    _event.at,
    _event.room_id,
    _event.conversation,
    _event.session_id,
    _event.nick,
    _event.user,
    _event.host,
    _event.account,
    _event.target,
    _event.text,
    _event.data,
)
_STORED = (
    select(
        *_COVERED,
        _event.people_salt,
        _event.content_salt,
        _commitment.c.people.label("people"),
        _commitment.c.content.label("content"),
    )
    .outerjoin(_commitment, _commitment.c.event_id == _event.id)
    .order_by(_event.id)
)
_STORED_BY_ID = _STORED.where(_event.id.in_(IDS))


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """A row of the log as the chain sees it: its values, and a salt or commitment for each part."""

    values: EventValues
    people_salt: bytes | None
    content_salt: bytes | None
    erased_people: bytes | None
    erased_content: bytes | None

    @property
    def id(self) -> int:
        """The position of the event."""
        return self.values[0]

    @property
    def people(self) -> bytes | None:
        """The commitment to the people, or None if there is neither a salt nor a commitment."""
        if self.people_salt is None:
            return self.erased_people
        return commit_people(self.people_salt, self.values)

    @property
    def content(self) -> bytes | None:
        """The commitment to the content, or None if there is neither a salt nor a commitment."""
        if self.content_salt is None:
            return self.erased_content
        return commit_content(self.content_salt, self.values)

    @property
    def row_digest(self) -> bytes | None:
        """The row digest, or None if a commitment is missing."""
        people, content = self.people, self.content
        if people is None or content is None:
            return None
        return digest_row(self.values, people, content)

    def with_salts(self, people: bytes, content: bytes) -> "StoredEvent":
        """Return the event with these salts for the parts that have neither salt nor commitment."""
        return replace(
            self,
            people_salt=self.people_salt or (None if self.erased_people else people),
            content_salt=self.content_salt or (None if self.erased_content else content),
        )


def read_events(
    connection: Connection, *conditions: ColumnElement[bool], limit: int | None = None
) -> Iterator[StoredEvent]:
    """Yield the first events that meet the conditions, in order."""
    return _read(connection, _STORED.where(*conditions).limit(limit), {})


def read_events_by_id(connection: Connection, ids: Sequence[int]) -> Iterator[StoredEvent]:
    """Yield the events with these ids, in order."""
    return _read(connection, _STORED_BY_ID, {"ids": ids})


def _read(connection: Connection, query: Select[Any], values: dict[str, Any]) -> Iterator[StoredEvent]:
    for row in connection.execute(query, values):
        *covered, data, people_salt, content_salt, people, content = row
        encoded = None if data is None else canonical_json(data)
        yield StoredEvent((*covered, encoded), people_salt, content_salt, people, content)


def in_chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Yield the ids in ascending order, as many at a time as fit in one query."""
    ordered = sorted(ids)
    for start in range(0, len(ordered), CHUNK_IDS):
        yield ordered[start : start + CHUNK_IDS]
