"""Queries for people: accounts and online guests."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.clock import to_datetime, to_datetime_or_none
from app.db.models import AccountRow, SessionRow
from app.services.accounts.accounts import get_account
from app.services.users.presence import list_online_sessions
from app.wire.names import Key, caseless, fold


@dataclass(frozen=True, slots=True)
class Person:
    """An account, or an online guest, whose `role` is `guest`."""

    name: str
    role: str
    disabled: bool = False
    always_on: bool | None = None
    created: datetime | None = None
    last_seen: datetime | None = None
    online: bool = False
    nicks: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)


def list_people(
    orm: Session, search: str | None = None, inactive_since: int | None = None, only_online: bool = False
) -> list[Person]:
    """Return the accounts that match every filter, sorted by name.

    `search` is a substring of the name, in normal form (`caseless`); `inactive_since` selects
    accounts last seen before a time. With `only_online`, online guests are appended.
    """
    sessions = _by_account(list_online_sessions(orm))
    query = select(AccountRow).order_by(AccountRow.key).where(*_conditions(search, inactive_since))
    found = [_person(account, sessions.get(Key(account.key), [])) for account in orm.scalars(query)]
    if not only_online:
        return found
    guests = [] if inactive_since is not None else _guests(sessions.get(None, []), search)
    return [person for person in found if person.online] + guests


def get_person(orm: Session, name: str) -> Person:
    """Return the account with the given name.

    Raises: NotFound.
    """
    account = get_account(orm, fold(name))
    return _person(account, _by_account(list_online_sessions(orm)).get(Key(account.key), []))


def list_latest_sessions(orm: Session, name: str, limit: int) -> list[SessionRow]:
    """Return the latest `limit` sessions of an account, newest first."""
    query = select(SessionRow).where(SessionRow.account == name).order_by(SessionRow.id.desc()).limit(limit)
    return list(orm.scalars(query))


def _conditions(search: str | None, inactive_since: int | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if search is not None:
        conditions.append(AccountRow.key.contains(caseless(search), autoescape=True))
    if inactive_since is not None:
        conditions.append(func.coalesce(AccountRow.last_seen, AccountRow.created) < inactive_since)
    return conditions


def _by_account(sessions: Sequence[SessionRow]) -> dict[Key | None, list[SessionRow]]:
    found: dict[Key | None, list[SessionRow]] = defaultdict(list)
    for session in sessions:
        found[None if session.account is None else fold(session.account)].append(session)
    return found


def _person(account: AccountRow, sessions: Sequence[SessionRow]) -> Person:
    person = Person(
        name=account.name,
        role=account.role,
        disabled=account.disabled,
        always_on=account.always_on,
        created=to_datetime(account.created),
        last_seen=to_datetime_or_none(account.last_seen),
    )
    return _with_sessions(person, sessions) if sessions else person


def _with_sessions(person: Person, sessions: Sequence[SessionRow]) -> Person:
    return replace(
        person,
        online=True,
        nicks=[session.nick for session in sessions],
        addresses=sorted({session.address for session in sessions}),
    )


def _guests(sessions: Sequence[SessionRow], search: str | None) -> list[Person]:
    folded_search = "" if search is None else caseless(search)
    return [
        _with_sessions(Person(session.nick, "guest", last_seen=to_datetime(session.connected)), [session])
        for session in sessions
        if folded_search in caseless(session.nick)
    ]
