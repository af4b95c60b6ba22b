"""Stores salts of events that were appended without them."""

from collections.abc import Sequence

from sqlalchemy import Connection, text

from app.db.chain.rows import StoredEvent

_STORE_EACH = text("UPDATE event SET people_salt = :people, content_salt = :content WHERE id = :id")
# PostgreSQL answers each statement over a socket, so there is one for all events.
_STORE_ALL = text(
    "UPDATE event SET people_salt = salted.people, content_salt = salted.content "
    "FROM unnest(CAST(:ids AS bigint[]), CAST(:people AS bytea[]), CAST(:content AS bytea[])) "
    "AS salted (id, people, content) WHERE event.id = salted.id"
)


def store_salts(connection: Connection, events: Sequence[StoredEvent]) -> None:
    """Store the salts of the events."""
    if not events:
        return
    if connection.dialect.name == "sqlite":
        rows = [{"id": one.id, "people": one.people_salt, "content": one.content_salt} for one in events]
        connection.execute(_STORE_EACH, rows)
    else:
        arrays = {
            "ids": [one.id for one in events],
            "people": [one.people_salt for one in events],
            "content": [one.content_salt for one in events],
        }
        connection.execute(_STORE_ALL, arrays)
