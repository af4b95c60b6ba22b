"""The private conversations of a party."""

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from app.db.models import CorrespondentRow
from app.wire.names import Key

MAX_CONVERSATIONS = 100  # read by one query, latest first


def find_conversations(session: Session | Connection, party: str, key: Key) -> tuple[str, ...]:
    """Return a party's private conversations with partners of the given name, latest first."""
    query = select(CorrespondentRow.conversation).where(
        CorrespondentRow.party == party, CorrespondentRow.key == key
    )
    query = query.order_by(CorrespondentRow.last_at.desc()).limit(MAX_CONVERSATIONS)
    return tuple(session.scalars(query))


def list_partners(session: Session, party: str) -> dict[str, list[str]]:
    """Return a party's latest private conversations by the partner's name."""
    query = select(CorrespondentRow.key, CorrespondentRow.name, CorrespondentRow.conversation)
    query = query.where(CorrespondentRow.party == party).order_by(CorrespondentRow.last_at.desc())
    names: dict[str, str] = {}
    found: dict[str, list[str]] = {}
    for key, name, conversation in session.execute(query.limit(MAX_CONVERSATIONS)):
        found.setdefault(names.setdefault(key, name), []).append(conversation)
    return found
