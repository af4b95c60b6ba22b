"""Erases parts of events, so that the hash chain still verifies.

The functions keep the commitment to a part and delete its salt, without which the commitment says
nothing about the values. The caller then replaces the values in the same transaction, which holds
the log's lock. `text` must become empty; verification reports a text that nothing vouches for.

An event that the chain does not reach yet has no salt. The chain will cover the replaced values.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, TextClause, Update, text, update

from app.db import models
from app.db.chain.rows import IDS, in_chunks, read_events_by_id

_event = models.EventRow.__table__.c

_KEEP_PEOPLE = text(
    "INSERT INTO event_commitment (event_id, people) VALUES (:event_id, :commitment) "
    "ON CONFLICT (event_id) DO UPDATE SET people = excluded.people"
)
_KEEP_CONTENT = text(
    "INSERT INTO event_commitment (event_id, content) VALUES (:event_id, :commitment) "
    "ON CONFLICT (event_id) DO UPDATE SET content = excluded.content"
)
_FORGET_PEOPLE = update(models.EventRow).where(_event.id.in_(IDS)).values(people_salt=None)
_FORGET_CONTENT = update(models.EventRow).where(_event.id.in_(IDS)).values(content_salt=None)


def erase_people(connection: Connection, ids: Sequence[int]) -> None:
    """Prepare the erasure of session, nick, user, host, account and target of events.

    Call it before the values are replaced.
    """
    for chunk in in_chunks(ids):
        stored = [one for one in read_events_by_id(connection, chunk) if one.people_salt is not None]
        _keep(connection, _KEEP_PEOPLE, _FORGET_PEOPLE, {one.id: one.people for one in stored})


def erase_content(connection: Connection, ids: Sequence[int]) -> None:
    """Prepare the erasure of the text and the data of events; call it before they are replaced."""
    for chunk in in_chunks(ids):
        stored = [one for one in read_events_by_id(connection, chunk) if one.content_salt is not None]
        _keep(connection, _KEEP_CONTENT, _FORGET_CONTENT, {one.id: one.content for one in stored})


def _keep(
    connection: Connection, keep: TextClause, forget: Update, commitments: Mapping[int, bytes | None]
) -> None:
    """Store commitments by the ids of their events, and delete the salts."""
    if commitments:
        rows = [{"event_id": number, "commitment": value} for number, value in commitments.items()]
        connection.execute(keep, rows)
        connection.execute(forget, {"ids": list(commitments)})
