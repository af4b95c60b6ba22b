"""What follows when somebody else appended to the log: `chat-admin`, or another server."""

from collections.abc import Callable

from app.commands.accounts.login import release_nick
from app.commands.channels.renaming import emulate_rename
from app.commands.metadata import profiles
from app.commands.runtime import Runtime
from app.commands.sessions.account_roles import account_roles_of, update_account_roles
from app.commands.sessions.bans import enforce_ban
from app.commands.sessions.leaving import disconnect_expired, disconnect_user
from app.engine.changeset import Changeset
from app.engine.delivery.audience import NOBODY, Audience
from app.engine.delivery.encode import is_told
from app.engine.world.user import User
from app.engine.world.world import World
from app.events import Event, Kind
from app.services.rooms import room_key

PASSWORD_RESET = "given another password by an administrator"


def apply_remote(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    """Apply the event, tell those who may hear of it, and act on those it concerns."""
    if event.kind is Kind.METADATA:
        profiles.apply_remote(runtime, changeset, event)
        return
    audience = _audience(runtime.world, event)
    concerned = {user: account_roles_of(runtime, user) for user in _users_of_account(runtime.world, event)}
    leavers = _members_of_deleted_room(runtime.world, event)
    _add_room_name(runtime.world, event)
    event.nick = event.nick or runtime.server_name
    changeset.pass_on(event, audience)
    for user, before in concerned.items():
        update_account_roles(runtime, changeset, user, before)
    for user in leavers:
        _send_part(runtime, changeset, user, event)
    follow = _CONSEQUENCES.get(event.kind)
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


def _members_of_deleted_room(world: World, event: Event) -> list[User]:
    """Return who is in the room that is no more."""
    room = world.rooms.get(event.room or 0) if event.kind is Kind.DELETED else None
    return [member.user for member in room.members.values()] if room else []


def _send_part(runtime: Runtime, changeset: Changeset, user: User, event: Event) -> None:
    """Tell somebody that they have left a room, because it is no more."""
    left = user.event(Kind.PARTED, event.room, target=event.target, text=event.text, at=runtime.clock.now())
    for client in user.clients:
        changeset.tell(client, left)


def _add_room_name(world: World, event: Event) -> None:
    """Add the name of the room where the row of the log has only its number."""
    room = world.rooms.get(event.room or 0)
    if room is None:
        return
    if event.kind is Kind.KICKED:
        event.data.setdefault("room", room.name)
    elif event.target is None:
        event.target = room.name


def _announce_new_name(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    """Show a room's other name to clients that know nothing of renaming."""
    room = runtime.world.rooms.get(event.room or 0)
    if room is not None:
        emulate_rename(runtime, changeset, room, event)


def _reload_key(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    """Take over a room's key from the tables: the log does not tell it."""
    room = runtime.world.rooms.get(event.room or 0)
    if room is not None and any(change[1] == "k" for change in event.data["changes"]):
        room.password = room_key(runtime.ledger.connection, room.id)


def _enforce_ban(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    for ban in [ban for ban in runtime.world.active_bans() if ban.id == event.data["id"]]:
        enforce_ban(runtime, changeset, ban)


def _apply_account_change(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    """Act on what holds for an account from now on; whoever had to leave at once does not leave again."""
    _log_out_account(runtime, changeset, event)
    disconnect_expired(runtime, changeset, _users_of_account(runtime.world, event))


def _log_out_account(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    """Let nobody speak for an account any more that was disabled, or that an administrator gave another password.

    Whoever changed their own password is not put out: their devices have proved who they are.
    """
    is_reset = event.data.get("password") and event.session is None
    if not (is_reset or event.data.get("disabled")):
        return
    for user in _users_of_account(runtime.world, event):
        disconnect_user(
            runtime,
            changeset,
            user,
            f"The account was {'disabled' if event.data.get('disabled') else PASSWORD_RESET}",
        )
    for client in runtime.world.unregistered:
        if client.account == event.account:
            client.account = None  # about to enter with what it proved before


def _users_of_account(world: World, event: Event) -> list[User]:
    """Return who is logged in to the account that has changed."""
    account = world.find_account(event.account or "") if event.kind is Kind.ACCOUNT_CHANGED else None
    return world.users_of(account) if account else []


def _release_nick(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    release_nick(runtime, changeset, event.account or "")


def _disconnect_killed(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    user = runtime.world.users.get(event.data["session"])
    if user is not None:
        disconnect_user(runtime, changeset, user, f"Killed: {event.text}")


_CONSEQUENCES: dict[Kind, Callable[[Runtime, Changeset, Event], None]] = {
    Kind.RENAMED: _announce_new_name,
    Kind.MODE: _reload_key,
    Kind.BANNED: _enforce_ban,
    Kind.REGISTERED: _release_nick,
    Kind.ACCOUNT_CHANGED: _apply_account_change,
    Kind.KILLED: _disconnect_killed,
}
