"""Always-on accounts, which stay in their rooms while no device is connected.

Meanwhile, its user has no clients. Messages wait in the log, other users see it as away, and the
next device resumes the session. Only the user whose nick is the account's name stays online; a
user with another nick quits with the last device, so an account has at most one such session.
"""

from app.commands.runtime import Runtime
from app.engine.changeset import Changeset
from app.engine.world.user import User
from app.events import Event, Kind
from app.events.data import DetachedData
from app.wire.names import fold

DEFAULT_AWAY_MESSAGE = "No device is connected"
DAY_MILLISECONDS = 24 * 3600 * 1000


def stays_connected(runtime: Runtime, user: User) -> bool:
    """Whether a user stays online when the last device disconnects."""
    account, choice = user.account, runtime.settings.always_on
    if account is None or account.disabled or choice == "off" or fold(account.name) != user.key:
        return False
    return choice == "opt-out" if account.always_on is None else account.always_on


def ends_without(runtime: Runtime, user: User, node: str) -> bool:
    """Whether the session of a user ends when a node has no device of it any more."""
    return user.nodes <= {node} and not stays_connected(runtime, user)


def make_leaving_events(user: User, node: str, delivered_until: int | None = None) -> list[Event]:
    """Return the events by which a node gives up a session that goes on.

    Without any device, the user is marked away unless already away. Everything up to the instant
    `delivered_until`, by default now, has been delivered to the user.
    """
    detached = user.event(Kind.DETACHED, data=DetachedData(delivered_until, node))
    is_without_device = user.nodes <= {node} and user.away is None
    return [detached, user.event(Kind.AWAY, text=DEFAULT_AWAY_MESSAGE)] if is_without_device else [detached]


def leave_node(changeset: Changeset, user: User, node: str, delivered_until: int | None = None) -> None:
    """Record that a node has no device any more of a session that goes on."""
    for event in make_leaving_events(user, node, delivered_until):
        changeset.emit(event)


def expiry_reason(runtime: Runtime, user: User) -> str | None:
    """Return why a user without a device must quit, or None."""
    if user.detached is None:
        return None
    if not stays_connected(runtime, user):
        return "Always-on is disabled"
    days = runtime.settings.always_on_days
    if days and runtime.clock.now() - user.detached > days * DAY_MILLISECONDS:
        return f"No device was connected for {days} days"
    return None
