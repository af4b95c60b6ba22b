"""Erases parts of events, so that the hash chain still verifies.

The functions keep the commitment to a part and delete its salt, without which the commitment says
nothing about the values. The caller then replaces the values in the same transaction, which holds
the log's lock. `text` must become empty; verification reports a text that nothing vouches for.

An event that the chain does not reach yet has no salt. The chain will cover the replaced values.
"""

from collections.abc import Callable, Sequence

from sqlalchemy import Connection, TextClause, text, update

from app.db import models
from app.db.chain.rows import StoredEvent, in_chunks, read_events

_event = models.EventRow.__table__.c

_KEEP_PEOPLE = text(
    "INSERT INTO event_commitment (event_id, people) VALUES (:event_id, :commitment) "
    "ON CONFLICT (event_id) DO UPDATE SET people = excluded.people"
)
_KEEP_CONTENT = text(
    "INSERT INTO event_commitment (event_id, content) VALUES (:event_id, :commitment) "
    "ON CONFLICT (event_id) DO UPDATE SET content = excluded.content"
)


def erase_people(connection: Connection, ids: Sequence[int]) -> None:
    """Prepare the erasure of session, nick, user, host, account and target of events.

    Call it before the values are replaced.
    """
    _erase(connection, ids, "people_salt", lambda stored: stored.people, _KEEP_PEOPLE)


def erase_content(connection: Connection, ids: Sequence[int]) -> None:
    """Prepare the erasure of the text and the data of events; call it before they are replaced."""
    _erase(connection, ids, "content_salt", lambda stored: stored.content, _KEEP_CONTENT)


def _erase(
    connection: Connection,
    ids: Sequence[int],
    salt: str,
    commit: Callable[[StoredEvent], bytes | None],
    keep: TextClause,
) -> None:
    for chunk in in_chunks(ids):
        is_salted = (_event.id.in_(chunk), _event[salt].is_not(None))
        stored = read_events(connection, *is_salted)
        kept = [{"event_id": one.id, "commitment": commit(one)} for one in stored]
        if kept:
            connection.execute(keep, kept)
            connection.execute(update(models.EventRow).where(*is_salted).values({salt: None}))
