"""The rows of the log that belong to an account: by it, or in its private conversations."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, literal, or_, select

from app.clock import to_iso
from app.db.database import Database
from app.db.log import get_last_id
from app.db.models import AccountRow, CorrespondentRow, EventRow, SessionRow
from app.events import MESSAGES, msgid
from app.services.erasure.subject import former_names

PAGE_ROWS = 2_000

_log = EventRow.__table__.c
_FIELDS = ("nick", "user", "host", "account", "target", "text", "data")


def belongs_to(account: AccountRow) -> ColumnElement[bool]:
    """Return the condition of rows of the log by an account, or in its private conversations.

    Rows of a session before it logged in to the account belong to it, unless the session has since
    logged out.
    """
    former = former_names(account.id).subquery()
    had_name = select(former.c.name).where(former.c.name == _log.account, former.c.until >= _log.id)
    sessions = select(SessionRow.id).where(SessionRow.account == account.name)
    by_account = or_(_log.account == account.name, had_name.exists())
    by_guest = and_(_log.account.is_(None), _log.session_id.in_(sessions))
    guest_parties = select(literal("s", String).concat(cast(SessionRow.id, String)))
    guest_parties = guest_parties.where(SessionRow.account == account.name)
    party = CorrespondentRow.party
    is_party = or_(party == f"a{account.id}", party.in_(guest_parties))
    conversations = select(CorrespondentRow.conversation).where(is_party)
    return or_(by_account, by_guest, _log.conversation.in_(conversations))


def read_events(database: Database, condition: ColumnElement[bool]) -> Iterator[dict[str, Any]]:
    """Yield the rows that are not messages, oldest first."""
    with database.reading() as session:
        end, position = get_last_id(session.connection()), 0
    is_other = _log.kind.not_in(MESSAGES)
    while True:
        query = select(EventRow.__table__).where(_log.id > position, _log.id <= end, is_other, condition)
        with database.reading() as session:
            rows = session.execute(query.order_by(_log.id).limit(PAGE_ROWS)).all()
        for row in rows:
            values = row._mapping
            kept = {name: values[name] for name in _FIELDS if values[name]}
            yield {"msgid": msgid(row.id), "time": to_iso(row.at), "kind": row.kind, **kept}
        if len(rows) < PAGE_ROWS:
            return
        position = rows[-1].id
