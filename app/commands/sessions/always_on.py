"""Always-on accounts, which stay in their rooms while no device is connected.

Meanwhile, its user has no clients. Messages wait in the log, other users see it as away, and the
next device resumes the session. Only the user whose nick is the account's name stays online; a
user with another nick quits with the last device, so an account has at most one such session.
"""

from app.commands.runtime import Runtime
from app.engine.changeset import Changeset
from app.engine.world.user import User
from app.events import Kind
from app.events.data import DepartureData
from app.wire.names import fold

DEFAULT_AWAY_MESSAGE = "No device is connected"
DAY_MILLISECONDS = 24 * 3600 * 1000


def stays_connected(runtime: Runtime, user: User) -> bool:
    """Whether a user stays online when the last device disconnects."""
    account, choice = user.account, runtime.settings.always_on
    if account is None or account.disabled or choice == "off" or fold(account.name) != user.key:
        return False
    return choice == "opt-out" if account.always_on is None else account.always_on


def keep_without_device(
    runtime: Runtime, changeset: Changeset, user: User, data: DepartureData | None = None
) -> None:
    """Keep a user online without a device, marked away unless already away."""
    changeset.emit(user.event(Kind.DETACHED, data=data))
    if user.away is None:
        changeset.emit(
            user.event(Kind.AWAY, text=DEFAULT_AWAY_MESSAGE), runtime.world.presence_audience(user)
        )


def expiry_reason(runtime: Runtime, user: User) -> str | None:
    """Return why a user without a device must quit, or None."""
    if user.clients or user.detached is None:
        return None
    if not stays_connected(runtime, user):
        return "Always-on is disabled"
    days = runtime.settings.always_on_days
    if days and runtime.clock.now() - user.detached > days * DAY_MILLISECONDS:
        return f"No device was connected for {days} days"
    return None
