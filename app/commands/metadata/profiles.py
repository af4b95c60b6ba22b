"""What people and rooms say of themselves (metadata): how it changes, and who is told of that.

The words of an account are those of everybody who speaks for it, and every one of their nicks is told of. A
guest's words belong to the session, and are gone with it.
"""

from collections.abc import Mapping
from dataclasses import replace

from app.commands.runtime import Runtime
from app.engine.changeset import Changeset
from app.engine.delivery.audience import NOBODY, Audience
from app.engine.delivery.client import Client
from app.engine.world.room import Room
from app.engine.world.user import AccountInfo, User
from app.engine.world.world import World
from app.events import Event, Kind


def set_value(
    runtime: Runtime,
    changeset: Changeset,
    owner: User | Room,
    key: str,
    value: str | None,
    by: User,
    author: Client,
) -> Event:
    """Let a person or a room say something else under a key, or nothing; the author is answered apart.

    Who speaks for others is named in the event, for the audit trail.
    """
    event = _make_event(runtime, owner, key, value, by)
    if not (isinstance(owner, User) and owner.reader is by.reader):
        event.data["session"] = by.session
    changeset.emit(event, _subscribers(runtime.world, owner, key), author)
    for other in _other_sessions(runtime.world, owner):
        changeset.pass_on(replace(event, target=other.nick), _subscribers(runtime.world, other, key))
    return event


def apply_remote(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    """Apply a change that somebody else appended, and tell it of everybody whom it concerns."""
    event.nick = runtime.server_name
    changeset.pass_on(event, NOBODY)
    for owner in _find_owners(runtime.world, event):
        told = replace(event, target=_name(owner))
        changeset.pass_on(told, _subscribers(runtime.world, owner, event.data["key"]))


def _find_owners(world: World, event: Event) -> list[User] | list[Room]:
    """Return whose words an event is about, as far as they are here."""
    if event.room is not None:
        return [world.rooms[event.room]] if event.room in world.rooms else []
    account = world.find_account(event.account or "")
    return world.users_of(account) if account else []


def announce_switch(runtime: Runtime, changeset: Changeset, user: User, before: Mapping[str, str]) -> None:
    """Tell what is different about somebody who speaks for another account now, or for none."""
    now = user.profile
    for key in sorted({*before, *now}):
        if before.get(key) != now.get(key):
            event = _make_event(runtime, user, key, now.get(key), user)
            changeset.pass_on(event, _subscribers(runtime.world, user, key))


def adopt_guest_values(runtime: Runtime, changeset: Changeset, user: User, account: AccountInfo) -> None:
    """Let a new account say what the guest said who made it."""
    for key, value in user.metadata.items():
        event = _make_event(runtime, user, key, value, user)
        event.account, event.data["party"] = account.name, f"a{account.id}"
        changeset.emit(event)


def _make_event(runtime: Runtime, owner: User | Room, key: str, value: str | None, by: User) -> Event:
    said = {"key": key, "by": by.account.name if by.account else by.nick}
    event = Event(Kind.METADATA, nick=runtime.server_name, target=_name(owner), text=value, data=said)
    if isinstance(owner, Room):
        event.room = owner.id
    else:
        event.account = owner.account.name if owner.account else None
        event.data["party"] = owner.party
    return event


def _name(owner: User | Room) -> str:
    return owner.name if isinstance(owner, Room) else owner.nick


def _other_sessions(world: World, owner: User | Room) -> list[User]:
    """Return the others who are here for the same account."""
    if isinstance(owner, Room) or owner.account is None:
        return []
    return [user for user in world.users_of(owner.account) if user is not owner]


def _subscribers(world: World, owner: User | Room, key: str) -> Audience:
    """Return those who want to know of a key: inside the room; for a person in the same rooms, or on watch."""
    if isinstance(owner, Room):
        return Audience(client for client in owner.audience.clients if key in client.subscribed)
    near = [
        owner.clients,
        world.monitors.of(owner.key),
        *(room.audience.clients for room in world.rooms_of(owner)),
    ]
    return Audience(client for clients in near for client in clients if key in client.subscribed)
