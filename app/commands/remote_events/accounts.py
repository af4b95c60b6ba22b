"""Accounts: changes, new names, deletions and metadata that another process decided."""

from collections.abc import Mapping
from functools import partial

from app.commands.accounts.login import release_nick
from app.commands.accounts.renaming import rename_account
from app.commands.metadata.profiles import adopt_change
from app.commands.remote_events.adopter import Adopter
from app.commands.runtime import Runtime
from app.commands.sessions.account_deletion import delete_account
from app.commands.sessions.account_roles import Roles, account_roles_of, update_account_roles
from app.commands.sessions.bans import enforce_bans_on
from app.commands.sessions.leaving import disconnect_expired, disconnect_user
from app.engine.changeset import Changeset
from app.engine.world.user import User
from app.events import Event, Kind
from app.events.data import AccountChangedData

PASSWORD_RESET = "The password was reset by an administrator"
DISABLED = "The account was disabled"


def _registered(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    changeset.adopt(event)
    changeset.follow_up(lambda later: _release_nick(runtime, later, event.account or ""))


def _release_nick(runtime: Runtime, changeset: Changeset, name: str) -> None:
    holder = runtime.world.find_user(name)
    if holder is not None and runtime.world.is_responsible_for(holder):
        release_nick(runtime, changeset, name)


def _account_changed(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    """Apply an account change; disconnect users who may not stay, and update the others' roles."""
    account = runtime.world.find_account(event.account or "")
    users = [] if account is None else runtime.world.users_of(account)
    roles = {user: account_roles_of(runtime, user) for user in users}
    changeset.adopt(event)
    reason = _logout_reason(event)
    if reason is not None:
        _log_out_newcomers(runtime, event)
    for user, before in roles.items():
        changeset.follow_up(partial(_update_user, runtime, user, before, reason))


def _logout_reason(event: Event) -> str | None:
    """Return why the users of an account are disconnected, or None to keep them.

    An account change by the user, such as a new password, keeps them.
    """
    data = AccountChangedData.of(event)
    if data.disabled:
        return DISABLED
    return PASSWORD_RESET if data.password and event.session is None else None


def _log_out_newcomers(runtime: Runtime, event: Event) -> None:
    for client in runtime.world.unregistered:
        if client.account == event.account:
            client.account = None  # authenticated before the change, and still registering


def _update_user(
    runtime: Runtime, user: User, before: Roles, reason: str | None, changeset: Changeset
) -> None:
    """Update the roles of a user, or disconnect one who may not stay."""
    if runtime.world.users.get(user.session) is not user:
        return
    if runtime.world.is_responsible_for(user):
        update_account_roles(runtime, changeset, user, before)
        if reason is not None:
            disconnect_user(runtime, changeset, user, reason)
            return
        disconnect_expired(runtime, changeset, [user])
    enforce_bans_on(runtime, changeset, user)


def _deleted(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    delete_account(runtime, changeset, event, changeset.adopt)


ADOPTERS: Mapping[Kind, Adopter] = {
    Kind.REGISTERED: _registered,
    Kind.ACCOUNT_CHANGED: _account_changed,
    Kind.ACCOUNT_DELETED: _deleted,
    Kind.ACCOUNT_RENAMED: rename_account,
    Kind.METADATA: adopt_change,
}
