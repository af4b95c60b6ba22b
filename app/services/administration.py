"""What an administrator decides about accounts. Each function returns the change; nothing here records it."""

from sqlalchemy.orm import Session

from app.errors import AlreadyExists, UsageError
from app.services.accounts import (
    ROLES,
    PasswordHashes,
    account_change_event,
    find_account,
    get_account,
    registration_event,
)
from app.services.admin_changes import AdminChange, Administrator
from app.services.certificates import certificate_removal_events
from app.wire.names import InvalidName, check_new_nick, fold


def check_account_name(name: str, longest: int) -> str:
    """Return the name as an account may have it.

    Raises: UsageError when it cannot be a nick.
    """
    try:
        return check_new_nick(name, longest)
    except InvalidName as error:
        raise UsageError(f"{name} cannot be the name of an account: {error.reason}") from error


def require_free_name(session: Session, name: str) -> None:
    """Raises: AlreadyExists when there is an account of that name."""
    account = find_account(session, fold(name))
    if account is not None:
        raise AlreadyExists(f"There is an account {account.name} already.")


def create_account(admin: Administrator, name: str, secret: PasswordHashes, role: str) -> AdminChange:
    """Decide on a new account.

    Raises: AlreadyExists, or UsageError for a role there is not.
    """
    check_role(role)
    require_free_name(admin.session, name)
    event = registration_event(admin.clock, name, secret, role, admin.by)
    return admin.make_change([event], "user.create", name, role=role)


def set_password(admin: Administrator, name: str, secret: PasswordHashes) -> AdminChange:
    """Decide on another password; with the old one go the certificates.

    Raises: NotFound.
    """
    account = get_account(admin.session, fold(name))
    event = account_change_event(admin.clock, account, admin.by, secret)
    return admin.make_change(
        [event, *certificate_removal_events(admin.session, account, admin.by)], "user.passwd", account.name
    )


def set_disabled(admin: Administrator, name: str, disabled: bool) -> AdminChange:
    """Decide whether an account may be used.

    Raises: NotFound.
    """
    account = get_account(admin.session, fold(name))
    is_so = account.disabled == disabled
    events = [] if is_so else [account_change_event(admin.clock, account, admin.by, disabled=disabled)]
    return admin.make_change(events, "user.disable" if disabled else "user.enable", account.name)


def set_always_on(admin: Administrator, name: str, always_on: bool) -> AdminChange:
    """Decide whether an account stays in its rooms without a device.

    Raises: NotFound.
    """
    account = get_account(admin.session, fold(name))
    is_so = account.always_on == always_on
    events = [] if is_so else [account_change_event(admin.clock, account, admin.by, always_on=always_on)]
    return admin.make_change(events, "user.always-on", account.name, on=always_on)


def set_role(admin: Administrator, name: str, role: str) -> AdminChange:
    """Decide on another role.

    Raises: NotFound, or UsageError for a role there is not.
    """
    check_role(role)
    account = get_account(admin.session, fold(name))
    events = [] if account.role == role else [account_change_event(admin.clock, account, admin.by, role=role)]
    return admin.make_change(events, "user.role", account.name, role=role, before=account.role)


def check_role(role: str) -> None:
    """Raises: UsageError for a role there is not."""
    if role not in ROLES:
        raise UsageError(f"There is no role {role}; the roles are {' and '.join(ROLES)}.")
