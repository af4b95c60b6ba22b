"""Rows of the audit log that name an account: the fact stays, without the person.

An entry by the account, or about it, keeps its time and action. The name becomes the pseudonym, and
only details that identify nobody are kept.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, String, cast, or_, select, update

from app.db.fulltext import fulltext_of
from app.db.models import AuditRow
from app.services.erasure.events import Treatment
from app.services.erasure.subject import ErasedAccount

IMPERSONAL_DETAILS = frozenset(
    {"room", "rooms", "to", "msgid", "messages", "type", "expires", "key", "removed", "role", "before", "on"}
    | {"changed", "waiting", "official", "uses", "direct", "tables"}
)

_SEPARATORS = re.compile(r"[\s!@:*,]+")  # of names in texts and masks
_table = AuditRow.__table__.c


class AuditEntries:
    """Rows of the audit log by or about an account."""

    name = "audit"
    treatment = Treatment.AUTHOR

    def count(self, connection: Connection, account: ErasedAccount) -> int:
        """Return the number of rows."""
        return len(_find(connection, account))

    def treat(self, connection: Connection, account: ErasedAccount) -> int:
        """Replace the name, and remove details that may identify a person."""
        found = _find(connection, account)
        for row in found:
            connection.execute(update(AuditRow).where(_table.id == row.id).values(_anonymise(row, account)))
        return len(found)


def _find(connection: Connection, account: ErasedAccount) -> list[Row[Any]]:
    contains = fulltext_of(connection).contains
    columns = (_table.actor, _table.target)
    mentions = [contains(column, key) for column in columns for key in account.keys]
    names = {*account.keys, *(name for name, _ in account.names)}
    detail = cast(_table.detail, String)  # everything but ASCII is escaped in it
    mentions += [contains(detail, json.dumps(name)[1:-1]) for name in names]
    rows = connection.execute(select(AuditRow.__table__).where(or_(*mentions))).all()
    return [row for row in rows if _names_account(row, account)]


def _names_account(row: Row[Any], account: ErasedAccount) -> bool:
    named = [row.actor, row.target, *_words(row.detail)]
    return any(account.has_key(name) for name in named)


def _words(value: Any) -> list[str]:
    """Return the words of all texts in a value of JSON."""
    if isinstance(value, str):
        return [value, *_SEPARATORS.split(value)]
    if isinstance(value, Mapping):
        return [word for member in value.values() for word in _words(member)]
    return [word for member in value for word in _words(member)] if isinstance(value, list) else []


def _anonymise(row: Row[Any], account: ErasedAccount) -> dict[str, Any]:
    kept = {name: value for name, value in (row.detail or {}).items() if name in IMPERSONAL_DETAILS}
    kept = {name: value for name, value in kept.items() if not any(map(account.has_key, _words(value)))}
    return {
        "actor": account.pseudonym if account.has_key(row.actor) else row.actor,
        "target": account.pseudonym if account.has_key(row.target) else row.target,
        "detail": kept or None,
    }
