"""Staying: an account may be in its rooms while none of its devices is connected (always on).

Such a person is a user without clients. What is said to them waits in the log, others see them as away, and
the next device goes on where the last one stopped. It is for the nick that the account is called like: whoever
speaks for it under another one leaves with the last device, so that an account stays once.
"""

from app.commands.runtime import Runtime
from app.engine.changeset import Changeset
from app.engine.world.user import User
from app.events import Kind
from app.wire.names import fold

DEFAULT_AWAY_MESSAGE = "No device is connected"  # the away message of who has said none
DAY_MILLISECONDS = 24 * 3600 * 1000  # milliseconds


def stays_connected(runtime: Runtime, user: User) -> bool:
    """Whether somebody stays when the last device leaves."""
    account, choice = user.account, runtime.settings.always_on
    if account is None or account.disabled or choice == "off" or fold(account.name) != user.key:
        return False
    return choice == "opt-out" if account.always_on is None else account.always_on


def keep_without_device(runtime: Runtime, changeset: Changeset, user: User) -> None:
    """Let somebody be here without a device, away unless they have said themselves why."""
    changeset.emit(user.event(Kind.DETACHED))
    if user.away is None:
        changeset.emit(
            user.event(Kind.AWAY, text=DEFAULT_AWAY_MESSAGE), runtime.world.presence_audience(user)
        )


def expiry_reason(runtime: Runtime, user: User) -> str | None:
    """Return why somebody who is here without a device is to go, if it is so."""
    if user.clients or user.detached is None:
        return None
    if not stays_connected(runtime, user):
        return "Stays no longer without a device"
    days = runtime.settings.always_on_days
    if days and runtime.clock.now() - user.detached > days * DAY_MILLISECONDS:
        return f"No device was connected for {days} days"
    return None
