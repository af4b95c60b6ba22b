"""Applies events that `chat-admin` or another server appended to the log."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from app.clock import is_future
from app.commands.accounts.login import release_nick
from app.commands.accounts.renaming import rename_account
from app.commands.channels.renaming import emulate_rename
from app.commands.metadata import profiles
from app.commands.runtime import Runtime
from app.commands.sessions.account_deletion import delete_account
from app.commands.sessions.account_roles import Roles, account_roles_of, update_account_roles
from app.commands.sessions.bans import enforce_ban, enforce_bans_on
from app.commands.sessions.leaving import disconnect_expired, disconnect_user
from app.engine.changeset import Changeset
from app.engine.delivery.audience import EMPTY_AUDIENCE, Audience
from app.engine.delivery.encode import is_delivered
from app.engine.world.room import Room
from app.engine.world.user import User
from app.engine.world.world import World
from app.events import Event, Kind
from app.events.data import (
    AccountChangedData,
    BannedData,
    KickedData,
    KilledData,
    MarkedData,
    ModeData,
    PrivateMetadataData,
    RedactedData,
)
from app.wire.modes import ROLES, WORD_FILTER

Consequence = Callable[[Runtime, Changeset, Event], None]
PASSWORD_RESET = "The password was reset by an administrator"


def apply_remote(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    """Apply an event, deliver it, and carry out its consequences.

    Raises: LookupError, TypeError or ValueError when the event is invalid.
    """
    if event.kind is Kind.METADATA:
        profiles.apply_remote(runtime, changeset, event)
        return
    if event.kind is Kind.ACCOUNT_DELETED:
        delete_account(runtime, changeset, event, changeset.adopt)
        return
    if event.kind is Kind.ACCOUNT_RENAMED:
        rename_account(runtime, changeset, event)
        return
    audience = _audience(runtime.world, event)
    roles_before = {user: account_roles_of(runtime, user) for user in _users_of_account(runtime.world, event)}
    removed = _members_of_deleted_room(runtime.world, event)
    _add_room_name(runtime.world, event)
    event.nick = event.nick or runtime.server_name
    changeset.adopt(event, audience)
    for user in removed:
        _send_part(runtime, changeset, user, event)
    if event.kind is Kind.RENAMED:
        _announce_new_name(runtime, changeset, event)
    consequence = _CONSEQUENCES.get(event.kind)
    if consequence is not None:
        changeset.follow_up(lambda later: _carry_out(runtime, later, event, roles_before, consequence))


def _carry_out(
    runtime: Runtime,
    changeset: Changeset,
    event: Event,
    roles_before: Mapping[User, Roles],
    consequence: Consequence,
) -> None:
    for user, before in roles_before.items():
        if runtime.world.users.get(user.session) is user:
            update_account_roles(runtime, changeset, user, before)
    consequence(runtime, changeset, event)


_FOR_OWN_DEVICES = (Kind.MARKED, Kind.PRIVATE_METADATA)


def _audience(world: World, event: Event) -> Audience:
    """Return the recipients of an event; imported messages have none."""
    if event.kind is Kind.ANNOUNCED:
        return world.all_clients()
    if isinstance(event.data, MarkedData):
        return world.devices(event.data.party)
    if isinstance(event.data, PrivateMetadataData):
        devices, key = world.devices(event.data.party).clients, event.data.key
        return Audience(client for client in devices if key in client.subscriptions)
    if isinstance(event.data, RedactedData) and event.data.parties is not None:
        one, other = event.data.parties
        return Audience(world.devices(one).clients | world.devices(other).clients)
    if event.kind is Kind.REDACTED and event.conversation is not None:  # to a room's operators
        operated = world.rooms.get(int(event.conversation.removeprefix("o")))
        return EMPTY_AUDIENCE if operated is None else operated.operators()
    room = world.rooms.get(event.room or 0)
    is_for_room = is_delivered(event.kind) and event.kind not in _FOR_OWN_DEVICES
    if room is None or event.is_imported or not is_for_room:
        return EMPTY_AUDIENCE
    return _mode_audience(world, room, event.data) if isinstance(event.data, ModeData) else room.audience


def _mode_audience(world: World, room: Room, data: ModeData) -> Audience:
    """Return the recipients of a mode change: operators for the word filter, otherwise members.

    Nobody receives a change of the roles of accounts that are not in the room.
    """
    if any(letter == WORD_FILTER for _, letter, _, _ in data.changes):
        return room.operators()
    users = [world.find_user(nick or "") for _, letter, nick, _ in data.changes if letter in ROLES]
    is_for_absent = len(users) == len(data.changes) and all(u is None or not room.member(u) for u in users)
    return EMPTY_AUDIENCE if is_for_absent else room.audience


def _members_of_deleted_room(world: World, event: Event) -> list[User]:
    room = world.rooms.get(event.room or 0) if event.kind is Kind.DELETED else None
    return [member.user for member in room.members.values()] if room else []


def _send_part(runtime: Runtime, changeset: Changeset, user: User, event: Event) -> None:
    """Send a user PART for a room that was deleted."""
    left = user.event(Kind.PARTED, event.room, target=event.target, text=event.text, at=runtime.clock.now())
    for client in user.clients:
        changeset.send(client, left)


def _add_room_name(world: World, event: Event) -> None:
    """Fill in the name of the room, which the log stores by id only."""
    room = world.rooms.get(event.room or 0)
    if room is None:
        return
    if event.kind is Kind.KICKED:
        data = KickedData.of(event)
        event.data = replace(data, room=data.room or room.name)
    elif event.target is None:
        event.target = room.name


def _announce_new_name(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    """Announce a new room name to clients without `draft/channel-rename`."""
    room = runtime.world.rooms.get(event.room or 0)
    if room is not None:
        emulate_rename(runtime, changeset, room, event)


def _enforce_ban(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    ban = runtime.world.bans.by_id.get(BannedData.of(event).id)
    if ban is not None and is_future(ban.expires, runtime.clock.now()):
        enforce_ban(runtime, changeset, ban)


def _apply_account_change(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    """Apply an account change; disconnect users that are no longer always-on or are now banned."""
    _log_out_account(runtime, changeset, event)
    for user in _users_of_account(runtime.world, event):
        enforce_bans_on(runtime, changeset, user)
    disconnect_expired(runtime, changeset, _users_of_account(runtime.world, event))


def _log_out_account(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    """Disconnect the users of an account that was disabled or whose password was reset.

    Devices stay connected when users change their own password.
    """
    data = AccountChangedData.of(event)
    is_reset = data.password and event.session is None
    if not (is_reset or data.disabled):
        return
    for user in _users_of_account(runtime.world, event):
        disconnect_user(
            runtime,
            changeset,
            user,
            "The account was disabled" if data.disabled else PASSWORD_RESET,
        )
    for client in runtime.world.unregistered:
        if client.account == event.account:
            client.account = None  # authenticated before the change, and still registering


def _users_of_account(world: World, event: Event) -> list[User]:
    """Return the users logged in to the account that an event changes; none for other events."""
    account = world.find_account(event.account or "") if event.kind is Kind.ACCOUNT_CHANGED else None
    return world.users_of(account) if account else []


def _release_nick(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    release_nick(runtime, changeset, event.account or "")


def _disconnect_killed(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    user = runtime.world.users.get(KilledData.of(event).session)
    if user is not None:
        disconnect_user(runtime, changeset, user, f"Killed: {event.text}")


_CONSEQUENCES: dict[Kind, Consequence] = {
    Kind.BANNED: _enforce_ban,
    Kind.REGISTERED: _release_nick,
    Kind.ACCOUNT_CHANGED: _apply_account_change,
    Kind.KILLED: _disconnect_killed,
}
