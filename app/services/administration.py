"""What an administrator decides about accounts. Each function returns the change; nothing here records it."""

from sqlalchemy.orm import Session

from app.clock import Clock
from app.db.models import Account, Audit
from app.errors import AlreadyExists, UsageError
from app.events import Event
from app.services import audit
from app.services.accounts import ROLES, Credentials, changed, find_account, get_account, registered
from app.services.decisions import Change
from app.wire.names import NameRefused, check_nick, fold


def account_name(name: str, longest: int) -> str:
    """Return the name as an account may have it.

    Raises: UsageError when it cannot be a nick.
    """
    try:
        return check_nick(name, longest)
    except NameRefused as error:
        raise UsageError(f"{name} cannot be the name of an account: {error.reason}") from error


def refuse_if_taken(session: Session, name: str) -> None:
    """Raises: AlreadyExists when there is an account of that name."""
    account = find_account(session, fold(name))
    if account is not None:
        raise AlreadyExists(f"There is an account {account.name} already.")


def account_created(
    session: Session, clock: Clock, actor: str, by: str, name: str, secret: Credentials, role: str
) -> Change:
    """Decide on a new account.

    Raises: AlreadyExists, or UsageError for a role there is not.
    """
    check_role(role)
    refuse_if_taken(session, name)
    event = registered(clock, name, secret, role, by)
    return Change([event], audit.entry(clock, actor, "user.create", name, role=role))


def password_set(
    session: Session, clock: Clock, actor: str, by: str, name: str, secret: Credentials
) -> Change:
    """Decide on another password.

    Raises: NotFound.
    """
    account = get_account(session, fold(name))
    trace = audit.entry(clock, actor, "user.passwd", account.name)
    return Change([changed(clock, account, by, secret)], trace)


def disabled_set(session: Session, clock: Clock, actor: str, by: str, name: str, disabled: bool) -> Change:
    """Decide whether an account may be used.

    Raises: NotFound.
    """
    account = get_account(session, fold(name))
    trace = audit.entry(clock, actor, "user.disable" if disabled else "user.enable", account.name)
    return _unless_so(account.disabled == disabled, changed(clock, account, by, disabled=disabled), trace)


def role_set(session: Session, clock: Clock, actor: str, by: str, name: str, role: str) -> Change:
    """Decide on another role.

    Raises: NotFound, or UsageError for a role there is not.
    """
    check_role(role)
    account: Account = get_account(session, fold(name))
    trace = audit.entry(clock, actor, "user.role", account.name, role=role, before=account.role)
    return _unless_so(account.role == role, changed(clock, account, by, role=role), trace)


def check_role(role: str) -> None:
    """Raises: UsageError for a role there is not."""
    if role not in ROLES:
        raise UsageError(f"There is no role {role}; the roles are {' and '.join(ROLES)}.")


def _unless_so(is_so: bool, event: Event, trace: Audit) -> Change:
    return Change([] if is_so else [event], trace)
