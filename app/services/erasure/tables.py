"""Rows of other tables that belong to an account: which, and what becomes of them.

Each entry of `TABLES` is one step of an erasure; `docs/admin.md` describes them. The account itself
and what identifies its owner at login is deleted at once (`credentials`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    and_,
    delete,
    func,
    or_,
    select,
    tuple_,
    update,
)

from app.db import models
from app.db.fulltext import fulltext_of
from app.services.erasure.audit import AuditEntries
from app.services.erasure.events import Treatment
from app.services.erasure.subject import ErasedAccount
from app.services.history.last_visits import list_visitors
from app.wire.extbans import names_user

MAX_ROWS = 1_000  # per step


class TableErasure(Protocol):
    """The rows of a table that one treatment applies to."""

    @property
    def name(self) -> str:
        """The name of the table."""

    @property
    def treatment(self) -> Treatment:
        """What happens to the rows."""

    def count(self, connection: Connection, account: ErasedAccount) -> int:
        """Return the number of rows."""

    def treat(self, connection: Connection, account: ErasedAccount) -> int:
        """Remove or change at most MAX_ROWS rows, and return their number."""


@dataclass(frozen=True)
class ConditionalRows:
    """Rows that a condition selects; they are removed."""

    table: Any
    condition: Callable[[ErasedAccount], ColumnElement[bool]]
    treatment = Treatment.REMOVE

    @property
    def name(self) -> str:
        """The name of the table."""
        return str(self.table.name)

    def count(self, connection: Connection, account: ErasedAccount) -> int:
        """Return the number of rows."""
        query = select(func.count()).select_from(self.table).where(self.condition(account))
        return connection.scalar(query) or 0

    def treat(self, connection: Connection, account: ErasedAccount) -> int:
        """Remove some rows."""
        key = tuple_(*self.table.primary_key.columns)
        some = select(*self.table.primary_key.columns).where(self.condition(account)).limit(MAX_ROWS)
        return connection.execute(delete(self.table).where(key.in_(some))).rowcount


@dataclass(frozen=True)
class NamedRows:
    """Rows with a column that names the account; they are removed, or the name is replaced."""

    column: Any
    treatment: Treatment
    matches: Callable[[str, ErasedAccount], bool]

    @property
    def _table(self) -> Table:
        table: Table = self.column.table
        return table

    @property
    def name(self) -> str:
        """The name of the table."""
        return self._table.name

    def count(self, connection: Connection, account: ErasedAccount) -> int:
        """Return the number of rows."""
        return len(self._find(connection, account))

    def treat(self, connection: Connection, account: ErasedAccount) -> int:
        """Remove some rows, or replace the name in them."""
        found = self._find(connection, account)[:MAX_ROWS]
        for row in found:
            value, *key = tuple(row)
            columns = self._table.primary_key.columns
            is_row = and_(*(column == part for column, part in zip(columns, key, strict=True)))
            if self.treatment is Treatment.REMOVE:
                connection.execute(delete(self._table).where(is_row))
            else:
                replaced = {self.column.name: account.author or value.partition("!")[0]}
                connection.execute(update(self._table).where(is_row).values(replaced))
        return len(found)

    def _find(self, connection: Connection, account: ErasedAccount) -> list[Row[Any]]:
        """Return the value of the column and the primary key of each row."""
        contains = fulltext_of(connection).contains
        query: Select[Any] = select(self.column, *self._table.primary_key.columns)
        query = query.where(or_(*(contains(self.column, key) for key in account.keys)))
        return [row for row in connection.execute(query) if self.matches(row[0], account)]


class CorrespondentRows(ConditionalRows):
    """The private conversations, as both parties see them."""

    def __init__(self) -> None:
        super().__init__(models.CorrespondentRow.__table__, _in_own_conversation)

    def treat(self, connection: Connection, account: ErasedAccount) -> int:
        """Remove some conversations."""
        column = models.CorrespondentRow.conversation
        some = connection.scalars(account.conversations.distinct().limit(MAX_ROWS // 2)).all()
        return connection.execute(delete(models.CorrespondentRow).where(column.in_(some))).rowcount


class VisitRows:
    """The ends of visits to rooms, also under the nicks of the sessions."""

    name = "last_visit"
    treatment = Treatment.REMOVE

    def count(self, connection: Connection, account: ErasedAccount) -> int:
        """Return the number of rows."""
        query = select(func.count()).select_from(models.LastVisitRow)
        return sum(connection.scalar(query.where(part)) or 0 for part in self._parts(connection, account))

    def treat(self, connection: Connection, account: ErasedAccount) -> int:
        """Remove all rows: a visitor has one for each room at most."""
        parts = self._parts(connection, account)
        return sum(connection.execute(delete(models.LastVisitRow).where(part)).rowcount for part in parts)

    def _parts(self, connection: Connection, account: ErasedAccount) -> list[ColumnElement[bool]]:
        column = models.LastVisitRow.visitor
        query = select(models.SessionRow.nick, models.SessionRow.host).where(_is_own_session()(account))
        visitors = {list_visitors(nick, host, None)[0] for nick, host in connection.execute(query.distinct())}
        visitors.add(account.party)
        ordered = sorted(visitors)
        parts = [ordered[start : start + MAX_ROWS] for start in range(0, len(ordered), MAX_ROWS)]
        return [column.in_(part) for part in parts]


def _in_own_conversation(account: ErasedAccount) -> ColumnElement[bool]:
    return models.CorrespondentRow.conversation.in_(account.conversations)


def _is_own_session() -> Callable[[ErasedAccount], ColumnElement[bool]]:
    return lambda account: models.SessionRow.id.in_(account.sessions)


def _kept_by_or_about(model: Any) -> Callable[[ErasedAccount], ColumnElement[bool]]:
    """Return the condition of what the account keeps about others, or others about the account."""
    return lambda account: or_(account.is_party(model.party), model.target.in_(account.keys))


def _is_source(value: str, account: ErasedAccount) -> bool:
    """Whether a value is `nick!user@host` or a nick of the account, and is to be replaced."""
    nick, has_host, _ = value.partition("!")
    return account.has_key(nick) and (account.author is not None or bool(has_host))


def _is_name(value: str, account: ErasedAccount) -> bool:
    return account.has_key(value) and account.author is not None


def _names_account(value: str, account: ErasedAccount) -> bool:
    return names_user(value, account.keys)


TABLES: Sequence[TableErasure] = (
    ConditionalRows(models.ReadMarkerRow.__table__, _kept_by_or_about(models.ReadMarkerRow)),
    ConditionalRows(models.PrivateMetadataRow.__table__, _kept_by_or_about(models.PrivateMetadataRow)),
    ConditionalRows(
        models.ExpiredHistoryRow.__table__,
        lambda account: models.ExpiredHistoryRow.scope.in_(account.conversations),
    ),
    CorrespondentRows(),
    ConditionalRows(
        models.RoomVisitRow.__table__, lambda account: account.is_party(models.RoomVisitRow.party.expression)
    ),
    VisitRows(),
    NamedRows(models.RoomRow.__table__.c.topic_by, Treatment.AUTHOR, _is_source),
    NamedRows(models.RoomMaskRow.__table__.c.mask, Treatment.REMOVE, _names_account),
    NamedRows(models.RoomMaskRow.__table__.c.by, Treatment.AUTHOR, _is_source),
    NamedRows(models.BanRow.__table__.c.mask, Treatment.REMOVE, _names_account),
    NamedRows(models.BanRow.__table__.c.by, Treatment.AUTHOR, _is_name),
    NamedRows(models.InvitationRow.__table__.c.by, Treatment.AUTHOR, _is_name),
    ConditionalRows(models.SessionRow.__table__, _is_own_session()),
    AuditEntries(),
)
