"""Administration of accounts.

Functions that take an `Administrator` return a change, which `apply_admin_change` records.
"""

from sqlalchemy.orm import Session

from app.clock import Clock
from app.errors import AlreadyExists, UsageError
from app.events import PasswordHashes
from app.services.accounts.accounts import (
    ROLES,
    account_change_event,
    find_account,
    get_account,
    registration_event,
)
from app.services.accounts.certificates import certificate_removal_events
from app.services.accounts.name_reservations import require_unreserved_name
from app.services.administration.admin_changes import AdminChange, Administrator
from app.wire.name_rules import InvalidName, check_new_nick
from app.wire.names import fold


def check_account_name(name: str, max_length: int) -> str:
    """Return an account name in its stored form.

    Raises: UsageError when it is not a valid nick.
    """
    try:
        return check_new_nick(name, max_length)
    except InvalidName as error:
        raise UsageError(f"{name} is not a valid account name: {error.reason}") from error


def require_free_name(session: Session, clock: Clock, name: str, is_own: bool = False) -> None:
    """Check that no account has the name, and that it is not reserved, except for its own account.

    Raises: AlreadyExists.
    """
    account = find_account(session, fold(name))
    if account is not None:
        raise AlreadyExists(f"The account {account.name} already exists.")
    if not is_own:
        require_unreserved_name(session.connection(), clock, name)


def create_account(admin: Administrator, name: str, secret: PasswordHashes, role: str) -> AdminChange:
    """Create an account.

    Raises: AlreadyExists, or UsageError when the role is unknown.
    """
    check_role(role)
    require_free_name(admin.session, admin.clock, name)
    event = registration_event(admin.clock, name, secret, role, admin.by)
    return admin.make_change([event], "user.create", name, role=role)


def set_password(admin: Administrator, name: str, secret: PasswordHashes) -> AdminChange:
    """Set an account's password and remove its certificates.

    Raises: NotFound.
    """
    account = get_account(admin.session, fold(name))
    event = account_change_event(account, admin.by, secret)
    return admin.make_change(
        [event, *certificate_removal_events(admin.session, account, admin.by)], "user.passwd", account.name
    )


def set_disabled(admin: Administrator, name: str, disabled: bool) -> AdminChange:
    """Disable or enable an account.

    Raises: NotFound.
    """
    account = get_account(admin.session, fold(name))
    is_unchanged = account.disabled == disabled
    events = [] if is_unchanged else [account_change_event(account, admin.by, disabled=disabled)]
    return admin.make_change(events, "user.disable" if disabled else "user.enable", account.name)


def set_always_on(admin: Administrator, name: str, always_on: bool) -> AdminChange:
    """Set whether an account stays in its rooms without a connected device (always-on).

    Raises: NotFound.
    """
    account = get_account(admin.session, fold(name))
    is_unchanged = account.always_on == always_on
    events = [] if is_unchanged else [account_change_event(account, admin.by, always_on=always_on)]
    return admin.make_change(events, "user.always-on", account.name, on=always_on)


def set_role(admin: Administrator, name: str, role: str) -> AdminChange:
    """Set an account's role.

    Raises: NotFound, or UsageError when the role is unknown.
    """
    check_role(role)
    account = get_account(admin.session, fold(name))
    events = [] if account.role == role else [account_change_event(account, admin.by, role=role)]
    return admin.make_change(events, "user.role", account.name, role=role, before=account.role)


def check_role(role: str) -> None:
    """Check that a role exists.

    Raises: UsageError.
    """
    if role not in ROLES:
        raise UsageError(f"There is no role {role}; choose {' or '.join(ROLES)}.")
