"""The deletion of an account, by its owner or by `chat-admin`: its users are disconnected.

Their QUIT is delivered but not stored: nothing stored after the deletion may name the account. The
event of the deletion ends their sessions in the database.
"""

from collections.abc import Callable

from app.commands.runtime import Runtime
from app.commands.sessions.leaving import disconnect_devices
from app.commands.sessions.nick_changes import notify_offline
from app.engine.changeset import Changeset
from app.engine.delivery.audience import Audience
from app.engine.world.user import AccountInfo, User
from app.events import Event, Kind
from app.events.data import AccountDeletedData
from app.wire.names import fold

REASON = "The account was deleted"


def delete_account(
    runtime: Runtime, changeset: Changeset, event: Event, apply: Callable[[Event], object]
) -> None:
    """Apply the deletion of an account with `apply`, and disconnect its users."""
    world = runtime.world
    account = world.find_account_by_id(AccountDeletedData.of(event).id)
    users = [] if account is None else world.users_of(account)
    others = [_others(runtime, user) for user in users]
    apply(event)
    for user, audience in zip(users, others, strict=True):
        _disconnect(runtime, changeset, user, audience)
    if account is not None:
        _forget_newcomers(runtime, account)
        runtime.rate_limits.logins.forget(fold(account.name))


def _others(runtime: Runtime, user: User) -> Audience:
    """Return the clients that see a user quit."""
    return Audience(runtime.world.shared_room_audience(user).clients - set(user.clients))


def _disconnect(runtime: Runtime, changeset: Changeset, user: User, others: Audience) -> None:
    """Announce that a user, who is no longer in the world, has quit, and close the devices."""
    changeset.derive(user.event(Kind.QUIT, text=REASON), others)
    notify_offline(runtime, changeset, user.key, user.nick)
    disconnect_devices(runtime, changeset, user, REASON)
    user.clients.clear()


def _forget_newcomers(runtime: Runtime, account: AccountInfo) -> None:
    """Log out connections that are logged in to the account, but not registered yet."""
    for client in runtime.world.unregistered:
        if client.account == account.name:
            client.account = None
