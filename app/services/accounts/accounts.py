"""Accounts: lookup and events."""

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.orm import Session

from app.clock import Clock
from app.db.models import AccountRow
from app.errors import NotFound
from app.events import Event, Kind, PasswordHashes
from app.events.data import AccountChangedData, RegisteredData
from app.wire.names import Key

ROLES = ("user", "admin")
_FIND_ID = select(AccountRow.id).where(AccountRow.key == bindparam("account"))


def find_account(session: Session, key: Key) -> AccountRow | None:
    """Return the account with the given folded name, or None."""
    return session.scalar(select(AccountRow).where(AccountRow.key == key))


def find_account_id(connection: Connection, key: Key) -> int | None:
    """Return the id of the account with the given folded name, or None."""
    return connection.scalar(_FIND_ID, {"account": key})


def get_account(session: Session, key: Key) -> AccountRow:
    """Return the account with the given folded name.

    Raises: NotFound.
    """
    account = find_account(session, key)
    if account is None:
        raise NotFound(f"There is no account {key}; `chat-admin user list` lists all accounts.")
    return account


def registration_event(
    clock: Clock,
    name: str,
    credentials: PasswordHashes,
    role: str = "user",
    by: str = "",
    invitation: int | None = None,
) -> Event:
    """Return the event that registers an account.

    `by` is the nick of the administrator, if any; `invitation` is the id of the invitation used.
    """
    return Event(
        Kind.REGISTERED,
        nick=by or name,
        account=name,
        data=RegisteredData(clock.new_id(), role, invitation),
        secret=credentials,
    )


def account_change_event(
    account: AccountRow,
    by: str,
    credentials: PasswordHashes | None = None,
    *,
    role: str | None = None,
    disabled: bool | None = None,
    always_on: bool | None = None,
) -> Event:
    """Return the event that changes the given properties of an account.

    New credentials are carried in the event's `secret`, which is not written to the log.
    """
    data = AccountChangedData(account.id, role, disabled, always_on, password=credentials is not None)
    return Event(Kind.ACCOUNT_CHANGED, nick=by, account=account.name, data=data, secret=credentials)
