"""Counts what the erasure of an account would remove, without changing anything."""

from dataclasses import dataclass

from sqlalchemy import Connection, insert, or_, select, text
from sqlalchemy.orm import Session

from app.db.log import get_last_id
from app.db.models import ErasureSessionRow, EventRow, SessionRow
from app.services.accounts.accounts import get_account
from app.services.erasure.credentials import count_credentials
from app.services.erasure.events import choose_treatments, find_rows
from app.services.erasure.subject import ErasedAccount, Messages, former_names, list_names
from app.services.erasure.tables import TABLES
from app.wire.names import fold

_log = EventRow.__table__.c
# Hides the table of the same name, until the transaction is rolled back.
_SESSIONS = text("CREATE TEMPORARY TABLE erasure_session (erasure_id BIGINT, session_id BIGINT)")


@dataclass(frozen=True, slots=True)
class ErasedRows:
    """A number of rows of a table, and what happens to them."""

    table: str
    treatment: str
    rows: int


def preview_erasure(session: Session, name: str, messages: Messages) -> list[ErasedRows]:
    """Return how many rows the erasure of an account would change in each table.

    Raises: NotFound.
    """
    row = get_account(session, fold(name))
    connection = session.connection()
    names = list_names(connection.execute(former_names(row.id)).all(), row.name)
    account = ErasedAccount(0, row.id, [(own, until) for own, until in names], messages, "")
    connection.execute(_SESSIONS)
    _insert_sessions(connection, account)
    return as_rows(_count(connection, account))


def as_rows(counts: dict[str, dict[str, int]]) -> list[ErasedRows]:
    """Return counts by table and treatment as a list, sorted by table."""
    return [
        ErasedRows(table, treatment, rows)
        for table, by_treatment in sorted(counts.items())
        for treatment, rows in sorted(by_treatment.items())
        if rows
    ]


def _insert_sessions(connection: Connection, account: ErasedAccount) -> None:
    is_own = or_(*(_log.account == name for name, _ in account.names))
    authored = select(_log.session_id).where(is_own, _log.session_id.is_not(None))
    sessions = authored.union(select(SessionRow.id).where(SessionRow.account == account.name))
    found = [{"erasure_id": account.erasure, "session_id": one} for one in connection.scalars(sessions)]
    if found:
        connection.execute(insert(ErasureSessionRow), found)


def _count(connection: Connection, account: ErasedAccount) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {"event": _count_events(connection, account)}
    for table, rows in count_credentials(connection, account).items():
        counts[table] = {"removed": rows}
    for entry in TABLES:
        of_table = counts.setdefault(entry.name, {})
        treatment = entry.treatment.value
        of_table[treatment] = of_table.get(treatment, 0) + entry.count(connection, account)
    return counts


def _count_events(connection: Connection, account: ErasedAccount) -> dict[str, int]:
    counts: dict[str, int] = {}
    position, end = 0, get_last_id(connection)
    while position < end:
        found = find_rows(connection, account, position, end)
        for treatment, ids in choose_treatments(connection, account, found.rows).items():
            counts[treatment.value] = counts.get(treatment.value, 0) + len(ids)
        position = found.rows[-1].id if found.is_partial else end
    return counts
