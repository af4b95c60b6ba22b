"""What is erased: an account under all its names, or the history of a room."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, String, cast, literal, or_, select

from app.db.models import CorrespondentRow, ErasureSessionRow, FormerNameRow
from app.wire.names import Key, fold

ALWAYS = 1 << 62  # the last event id of the current name


class Messages(StrEnum):
    """What becomes of the messages of a deleted account in rooms."""

    KEEP = "keep"  # they stay, under its name
    ANONYMISE = "anonymise"  # they stay, under a pseudonym
    ERASE = "erase"  # they are removed


@dataclass(frozen=True)
class ErasedAccount:
    """An account that is being erased.

    `names` holds the current name and the former ones, each with the last event id that it applies
    to: afterwards, the name may have been that of another account.
    """

    erasure: int  # id of the erasure
    id: int
    names: Sequence[tuple[str, int]]
    messages: Messages
    pseudonym: str

    @classmethod
    def of(cls, row: Row[Any]) -> "ErasedAccount":
        """Return the account of a row of the table `erasure`."""
        names = [(name, until) for name, until in row.names]
        return cls(row.id, row.subject, names, Messages(row.messages), row.pseudonym)

    @property
    def name(self) -> str:
        """The current name."""
        return self.names[0][0]

    @property
    def party(self) -> str:
        """The account as a party to private conversations."""
        return f"a{self.id}"

    @cached_property
    def keys(self) -> frozenset[Key]:
        """The folded names."""
        return frozenset(fold(name) for name, _ in self.names)

    @property
    def author(self) -> str | None:
        """The name that replaces the author of what stays; None if the author's nick stays."""
        return None if self.messages is Messages.KEEP else self.pseudonym

    def has_name(self, name: str | None, position: int) -> bool:
        """Whether a name was that of the account at a position of the log."""
        return any(name == own and position <= until for own, until in self.names)

    def has_key(self, name: str | None) -> bool:
        """Whether a name is one of the account's, in any spelling."""
        return name is not None and fold(name) in self.keys

    @property
    def sessions(self) -> Select[int]:
        """The sessions that were ever logged in to the account."""
        return sessions_of(self.erasure)

    def is_party(self, column: ColumnElement[str]) -> ColumnElement[bool]:
        """Return the condition that a column is the account or one of its sessions as a party."""
        return _is_party(column, self.party, self.erasure)

    @property
    def conversations(self) -> Select[str]:
        """The private conversations of the account and its sessions."""
        return conversations_of(self.party, self.erasure)


def sessions_of(erasure: int | ColumnElement[int]) -> Select[int]:
    """Return the query for the sessions of an account that is being erased."""
    return select(ErasureSessionRow.session_id).where(ErasureSessionRow.erasure_id == erasure)


def _is_party(
    column: ColumnElement[str], party: str | ColumnElement[str], erasure: int | ColumnElement[int]
) -> ColumnElement[bool]:
    sessions = select(literal("s", String).concat(cast(ErasureSessionRow.session_id, String)))
    return or_(column == party, column.in_(sessions.where(ErasureSessionRow.erasure_id == erasure)))


def conversations_of(party: str | ColumnElement[str], erasure: int | ColumnElement[int]) -> Select[str]:
    """Return the query for the private conversations of an account and its sessions."""
    is_party = _is_party(CorrespondentRow.party.expression, party, erasure)
    return select(CorrespondentRow.conversation).where(is_party)


def list_names(rows: Sequence[Row[str, int]], name: str) -> list[list[Any]]:
    """Return the names of an account for the table `erasure`, from its rows in `former_name`."""
    return [[name, ALWAYS], *([row.name, row.until] for row in rows)]


def former_names(account: int) -> Select[str, int]:
    """Return the query for the former names of an account."""
    return select(FormerNameRow.name, FormerNameRow.until).where(FormerNameRow.account_id == account)


Counts = Mapping[str, Mapping[str, int]]  # rows by table and treatment
