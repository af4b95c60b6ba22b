"""What follows when somebody else appended to the log: `chat-admin`, or another server."""

from collections.abc import Callable

from app.commands.accounts.login import release_nick
from app.commands.channels.renaming import emulate_rename
from app.commands.metadata import profiles
from app.commands.runtime import Runtime
from app.commands.sessions.account_roles import roles_of, settle
from app.commands.sessions.bans import enforce
from app.commands.sessions.leaving import expel, expel_overdue
from app.engine.changeset import Changeset
from app.engine.delivery.audience import NOBODY, Audience
from app.engine.delivery.encode import is_told
from app.engine.world.user import User
from app.engine.world.world import World
from app.events import Event, Kind
from app.services.rooms import room_key

RESET = "given another password by an administrator"


def apply_remote(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    """Apply the event, tell those who may hear of it, and act on those it concerns."""
    if event.kind is Kind.METADATA:
        profiles.apply_remote(runtime, changeset, event)
        return
    audience = _audience(runtime.world, event)
    concerned = {user: roles_of(runtime, user) for user in _logged_in(runtime.world, event)}
    leavers = _leavers(runtime.world, event)
    _complete(runtime.world, event)
    event.nick = event.nick or runtime.server_name
    changeset.pass_on(event, audience)
    for user, before in concerned.items():
        settle(runtime, changeset, user, before)
    for user in leavers:
        _tell_end(runtime, changeset, user, event)
    follow = _FOLLOWING.get(event.kind)
    if follow is not None:
        follow(runtime, changeset, event)


def _audience(world: World, event: Event) -> Audience:
    """Return who hears of it; what was imported is history and is not announced."""
    if event.kind is Kind.ANNOUNCED:
        return world.everybody()
    if event.kind is Kind.MARKED:
        return world.devices(event.data["party"])
    if event.kind is Kind.REDACTED and "parties" in event.data:
        mine, theirs = event.data["parties"]
        return Audience(world.devices(mine).clients | world.devices(theirs).clients)
    room = world.rooms.get(event.room or 0)
    if room is None or event.data.get("imported") or not is_told(event.kind):
        return NOBODY
    return room.audience


def _leavers(world: World, event: Event) -> list[User]:
    """Return who is in the room that is no more."""
    room = world.rooms.get(event.room or 0) if event.kind is Kind.DELETED else None
    return [member.user for member in room.members.values()] if room else []


def _tell_end(runtime: Runtime, changeset: Changeset, user: User, event: Event) -> None:
    """Tell somebody that they have left a room, because it is no more."""
    left = user.event(Kind.PARTED, event.room, target=event.target, text=event.text, at=runtime.clock.now())
    for client in user.clients:
        changeset.tell(client, left)


def _complete(world: World, event: Event) -> None:
    """Add the name of the room where the row of the log has only its number."""
    room = world.rooms.get(event.room or 0)
    if room is None:
        return
    if event.kind is Kind.KICKED:
        event.data.setdefault("room", room.name)
    elif event.target is None:
        event.target = room.name


def _show_name(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    """Show a room's other name to clients that know nothing of renaming."""
    room = runtime.world.rooms.get(event.room or 0)
    if room is not None:
        emulate_rename(runtime, changeset, room, event)


def _read_key(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    """Take over a room's key from the tables: the log does not tell it."""
    room = runtime.world.rooms.get(event.room or 0)
    if room is not None and any(change[1] == "k" for change in event.data["changes"]):
        room.password = room_key(runtime.ledger.connection, room.id)


def _expel_banned(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    for ban in [ban for ban in runtime.world.active_bans() if ban.id == event.data["id"]]:
        enforce(runtime, changeset, ban)


def _settle_account(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    """Act on what holds for an account from now on; whoever had to leave at once does not leave again."""
    _close_account(runtime, changeset, event)
    expel_overdue(runtime, changeset, _logged_in(runtime.world, event))


def _close_account(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    """Let nobody speak for an account any more that was disabled, or that an administrator gave another password.

    Whoever changed their own password is not put out: their devices have proved who they are.
    """
    is_reset = event.data.get("password") and event.session is None
    if not (is_reset or event.data.get("disabled")):
        return
    for user in _logged_in(runtime.world, event):
        expel(
            runtime, changeset, user, f"The account was {'disabled' if event.data.get('disabled') else RESET}"
        )
    for client in runtime.world.unregistered:
        if client.account == event.account:
            client.account = None  # about to enter with what it proved before


def _logged_in(world: World, event: Event) -> list[User]:
    """Return who is logged in to the account that has changed."""
    account = world.find_account(event.account or "") if event.kind is Kind.ACCOUNT_CHANGED else None
    return world.users_of(account) if account else []


def _free_registered(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    release_nick(runtime, changeset, event.account or "")


def _expel_session(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    user = runtime.world.users.get(event.data["session"])
    if user is not None:
        expel(runtime, changeset, user, f"Killed: {event.text}")


_FOLLOWING: dict[Kind, Callable[[Runtime, Changeset, Event], None]] = {
    Kind.RENAMED: _show_name,
    Kind.MODE: _read_key,
    Kind.BANNED: _expel_banned,
    Kind.REGISTERED: _free_registered,
    Kind.ACCOUNT_CHANGED: _settle_account,
    Kind.KILLED: _expel_session,
}
