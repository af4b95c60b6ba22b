"""Metadata changes of users and rooms, and notification of the subscribers.

All sessions of an account share its metadata; a change is announced for each of their nicks. The
metadata of a guest belongs to the session and ends with it.
"""

from collections.abc import Mapping
from dataclasses import replace

from app.commands.runtime import Runtime
from app.engine.changeset import Changeset
from app.engine.delivery.client import Client
from app.engine.world.audiences import find_subscribers
from app.engine.world.room import Room
from app.engine.world.user import AccountInfo, User
from app.engine.world.world import World
from app.events import Event, Kind
from app.events.data import MetadataChangeData


def set_value(
    runtime: Runtime,
    changeset: Changeset,
    owner: User | Room,
    key: str,
    value: str | None,
    by: User,
    author: Client,
) -> Event:
    """Set or delete a value, notify the subscribers except the author's client, return the event.

    If the metadata is not the author's own, the event records the author's session for the audit
    log.
    """
    is_own = isinstance(owner, User) and owner.principal is by.principal
    event = _make_event(runtime, owner, key, value, by, None if is_own else by.session)
    changeset.emit(event, author)
    for other in _other_sessions(runtime.world, owner):
        changeset.derive(replace(event, target=other.nick), find_subscribers(runtime.world, other, key))
    return event


def adopt_change(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    """Apply a change of another process, and notify the subscribers of each name of the owner."""
    event.nick = runtime.server_name
    runtime.world.apply(event)
    key = MetadataChangeData.of(event).key
    for owner in _find_owners(runtime.world, event):
        changeset.derive(replace(event, target=_name(owner)), find_subscribers(runtime.world, owner, key))


def _find_owners(world: World, event: Event) -> list[User] | list[Room]:
    """Return the room or the connected users whose metadata an event changes."""
    if event.room is not None:
        return [world.rooms[event.room]] if event.room in world.rooms else []
    owner = world.find_principal(event)
    return [user for user in world.users.values() if user.principal is owner]


def announce_switch(runtime: Runtime, changeset: Changeset, user: User, before: Mapping[str, str]) -> None:
    """Announce the values that changed when a user logged in, switched account or logged out."""
    after = user.profile
    for key in sorted({*before, *after}):
        if before.get(key) != after.get(key):
            event = _make_event(runtime, user, key, after.get(key), user)
            changeset.derive(event, find_subscribers(runtime.world, user, key))


def adopt_guest_values(runtime: Runtime, changeset: Changeset, user: User, account: AccountInfo) -> None:
    """Copy the metadata of a guest to the account that the guest has just registered."""
    for key, value in user.metadata.items():
        event = _make_event(runtime, user, key, value, user)
        event.account = account.name
        event.data = replace(MetadataChangeData.of(event), party=f"a{account.id}")
        changeset.emit(event)


def _make_event(
    runtime: Runtime, owner: User | Room, key: str, value: str | None, by: User, session: int | None = None
) -> Event:
    party = owner.party if isinstance(owner, User) else None
    data = MetadataChangeData(key, by.account.name if by.account else by.nick, party, session)
    event = Event(Kind.METADATA, nick=runtime.server_name, target=_name(owner), text=value, data=data)
    if isinstance(owner, Room):
        event.room = owner.id
    else:
        event.account = owner.account.name if owner.account else None
    return event


def _name(owner: User | Room) -> str:
    return owner.name if isinstance(owner, Room) else owner.nick


def _other_sessions(world: World, owner: User | Room) -> list[User]:
    """Return the other users logged in to the owner's account."""
    if isinstance(owner, Room) or owner.account is None:
        return []
    return [user for user in world.users_of(owner.account) if user is not owner]
