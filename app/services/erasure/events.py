"""Rows of the log that belong to an account: which, and what becomes of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Connection, Row, Select, String, and_, bindparam, or_, select, update

from app.db.chain.erasure import erase_people
from app.db.chain.removal import remove_events
from app.db.fulltext import fulltext_of
from app.db.models import ErasureSessionRow, EventRow, RoomRow
from app.events import MESSAGES, Kind
from app.services.erasure.subject import ErasedAccount, Messages, conversations_of, sessions_of
from app.wire.extbans import names_user

MAX_CHANGED_ROWS = 15  # per step: about 1.5 ms

_table = EventRow.__table__.c
_COLUMNS = (
    _table.id,
    _table.kind,
    _table.conversation,
    _table.account,
    _table.target,
    _table.data,
)


class Treatment(StrEnum):
    """What happens to a row."""

    REMOVE = "removed"
    AUTHOR = "author"  # the author is replaced; host, account and session are removed
    TARGET = "target"  # the target is replaced


_SPOKEN = (*MESSAGES, Kind.TAGMSG, Kind.TOPIC, Kind.WALLOPS, Kind.ANNOUNCED)
_FACTS = (  # they concern others as well, and stay without their author
    Kind.CREATED,
    Kind.RENAMED,
    Kind.DELETED,
    Kind.MODE,
    Kind.KICKED,
    Kind.REDACTED,
    Kind.KILLED,
    Kind.REHASHED,
    Kind.BANNED,
    Kind.UNBANNED,
    Kind.INVITATION_MADE,
    Kind.INVITATION_REVOKED,
)
_POINTING = (  # another user than the author may be named in the target or the data
    Kind.KICKED,
    Kind.INVITED,
    Kind.KILLED,
    Kind.MODE,
    Kind.HOST,
    Kind.BANNED,
    Kind.UNBANNED,
    Kind.METADATA,
    Kind.PRIVATE_METADATA,
    Kind.MARKED,
)


def _build_search() -> Select[Any]:
    """Return the query for the first rows of a range that may belong to an account."""
    erasure, party = bindparam("erasure", type_=BigInteger), bindparam("party", type_=String)
    own_session = and_(_table.session_id.in_(sessions_of(erasure)), _table.account.is_(None))
    own_conversation = _table.conversation.in_(conversations_of(party, erasure))
    may_belong = or_(
        _table.account.in_(bindparam("names", expanding=True)),
        own_session,
        own_conversation,
        _table.kind.in_(_POINTING),
    )
    in_range = (_table.id > bindparam("after"), _table.id <= bindparam("end"))
    query = select(*_COLUMNS, or_(own_session, own_conversation).label("is_own"))
    return query.where(*in_range, may_belong).order_by(_table.id).limit(bindparam("limit"))


_SEARCH = _build_search()  # to build it takes longer than to execute it


@dataclass(frozen=True, slots=True)
class FoundRows:
    """Rows that may belong to an account; `is_partial` means that more may follow."""

    rows: Sequence[Row[Any]]

    @property
    def is_partial(self) -> bool:
        """Whether the number of rows was limited."""
        return len(self.rows) == MAX_CHANGED_ROWS


def find_rows(connection: Connection, account: ErasedAccount, after: int, end: int) -> FoundRows:
    """Return the first rows in `(after, end]` that may belong to the account."""
    values = {
        "erasure": account.erasure,
        "party": account.party,
        "names": [name for name, _ in account.names],
        "after": after,
        "end": end,
        "limit": MAX_CHANGED_ROWS,
    }
    return FoundRows(connection.execute(_SEARCH, values).all())


def choose_treatments(
    connection: Connection, account: ErasedAccount, rows: Sequence[Row[Any]]
) -> Mapping[Treatment, Sequence[int]]:
    """Return the ids of the rows to which each treatment applies."""
    sessions = _own_sessions(connection, account, rows)
    chosen: dict[Treatment, list[int]] = {}
    for row in rows:
        treatment = choose_treatment(row, account, sessions)
        if treatment is not None:
            chosen.setdefault(treatment, []).append(row.id)
    return chosen


def _own_sessions(connection: Connection, account: ErasedAccount, rows: Sequence[Row[Any]]) -> set[int]:
    """Return the sessions of the account that the data of the rows names."""
    named = {row.data["session"] for row in rows if row.data and row.data.get("session")}
    if not named:
        return set()
    return set(connection.scalars(account.sessions.where(ErasureSessionRow.session_id.in_(named))))


def choose_treatment(row: Any, account: ErasedAccount, sessions: set[int]) -> Treatment | None:
    """Return what happens to a row of the log, or None if it stays.

    `sessions` has at least the sessions of the account that the data of the row names.
    """
    kind, is_own = Kind(row.kind), row.is_own or account.has_name(row.account, row.id)
    if is_own and row.conversation is not None and not row.conversation.startswith("o"):
        return Treatment.REMOVE  # a private conversation
    named = _points_at(row, kind, account, sessions)
    treatment = _choose_for_target(kind, account) if named else None
    if not is_own or treatment is Treatment.REMOVE:
        return treatment
    return _choose_for_author(row, kind, account) if treatment is None else Treatment.REMOVE


def _choose_for_author(row: Any, kind: Kind, account: ErasedAccount) -> Treatment:
    if kind in _FACTS:
        return Treatment.AUTHOR
    if kind not in _SPOKEN or account.messages is Messages.ERASE:
        return Treatment.REMOVE
    has_other_spelling = bool(row.data and row.data.get("author"))  # of an imported message
    if has_other_spelling and account.messages is Messages.ANONYMISE:
        return Treatment.REMOVE
    return Treatment.AUTHOR


def _choose_for_target(kind: Kind, account: ErasedAccount) -> Treatment | None:
    if kind not in (Kind.KICKED, Kind.MODE):
        return Treatment.REMOVE
    if account.messages is Messages.KEEP:
        return None
    return Treatment.TARGET if kind is Kind.KICKED else Treatment.REMOVE


def _points_at(row: Any, kind: Kind, account: ErasedAccount, sessions: set[int]) -> bool:
    """Return whether the row names the account in its target or data."""
    if kind not in _POINTING:
        return False
    data = row.data or {}
    if data.get("session") in sessions or data.get("party") == account.party:
        return True
    if kind in (Kind.BANNED, Kind.UNBANNED):
        return names_user(row.target or "", account.keys)
    if kind is Kind.MODE:
        return any(is_change_of(change, account) for change in data.get("changes", ()))
    names = (data.get("by"), data.get("account"), None if kind is Kind.KICKED else row.target)
    return any(account.has_key(name) for name in names)


def is_change_of(change: Sequence[Any], account: ErasedAccount) -> bool:
    """Return whether a mode change is a role of the account, or a mask that names it."""
    _, letter, argument, *roles = change
    if letter in "ov":
        return account.id in roles or account.has_key(argument)
    return letter in "beI" and names_user(argument or "", account.keys)


def treat_rows(
    connection: Connection, account: ErasedAccount, chosen: Mapping[Treatment, Sequence[int]]
) -> None:
    """Remove or change rows, in a transaction that holds the log's lock."""
    remove_rows(connection, chosen.get(Treatment.REMOVE, ()))
    _replace_authors(connection, account.author, chosen.get(Treatment.AUTHOR, ()))
    targets = chosen.get(Treatment.TARGET, ())
    if targets:
        erase_people(connection, targets)
        connection.execute(update(EventRow).where(_table.id.in_(targets)).values(target=account.pseudonym))


def remove_rows(connection: Connection, ids: Sequence[int]) -> None:
    """Remove rows of the log and their entries in the search index."""
    if not ids:
        return
    fulltext_of(connection).remove(connection, ids)
    remove_events(connection, ids)


def _replace_authors(connection: Connection, author: str | None, ids: Sequence[int]) -> None:
    """Replace the author of rows, or keep only the nick."""
    if not ids:
        return
    _replace_topic_authors(connection, author, ids)
    erase_people(connection, ids)
    values: dict[str, Any] = {"user": "", "host": "", "account": None, "session_id": None}
    if author is not None:
        values["nick"] = author
    connection.execute(update(EventRow).where(_table.id.in_(ids)).values(values))


def _replace_topic_authors(connection: Connection, author: str | None, ids: Sequence[int]) -> None:
    """Replace the author of the topics that some of the rows have set, if they are still set."""
    is_topic = and_(_table.id.in_(ids), _table.kind == Kind.TOPIC)
    query = select(RoomRow.id, _table.nick).join_from(EventRow, RoomRow, RoomRow.id == _table.room_id)
    for room, nick in connection.execute(query.where(is_topic, RoomRow.topic_at == _table.at)).all():
        connection.execute(update(RoomRow).where(RoomRow.id == room).values(topic_by=author or nick))
