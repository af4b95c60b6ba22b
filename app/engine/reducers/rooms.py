"""Reducers for rooms: their lifetime, members, topic, modes and lists."""

from app.engine.world.room import MaskEntry, Room
from app.engine.world.user import AccountInfo, User
from app.engine.world.world import World
from app.events import Event, RoomKey
from app.events.data import (
    CreatedData,
    DeletedData,
    InvitedData,
    JoinedData,
    KickedData,
    ModeData,
    RenamedData,
    RetentionData,
)
from app.services.retention.policies import RoomPolicy
from app.wire.modes import LISTS, ROLES
from app.wire.names import Key, fold


def created(world: World, event: Event) -> None:
    """Add a room."""
    name, data = event.target or "", CreatedData.of(event)
    room = Room(
        id=event.room or 0,
        name=name,
        key=fold(name),
        created=event.at or world.clock.now(),
        official=data.official,
        modes=set(data.modes),
    )
    if data.founder is not None:
        room.roles[data.founder] = {"o"}
    world.rooms[room.id] = room
    world.room_keys[room.key] = room
    world.recent.load(room.id, ())


def renamed(world: World, event: Event) -> None:
    """Rename a room, and move its members' read markers and private metadata."""
    room = world.rooms.get(event.room or 0)
    if room is None:
        return
    old, room.name = room.key, RenamedData.of(event).to
    room.key, room.renamed = fold(room.name), world.clock.monotonic()
    world.recent.drop(room.id)  # its messages have the old name
    del world.room_keys[old]
    world.room_keys[room.key] = room
    if old != room.key:
        for principal in _principals_in(world, room):
            _move_marker(principal.markers or {}, old, room.key)
        for account in {m.user.account for m in room.members.values() if m.user.account is not None}:
            account.move_private_metadata(old, room.key)


def _principals_in(world: World, room: Room) -> set[AccountInfo | User]:
    """Return the owners of the members' read markers.

    An account without a session in the room may still be visiting it (`RoomVisitRow`); the markers
    of such accounts are reloaded on demand.
    """
    members = {member.user.principal for member in room.members.values()}
    for account in world.accounts.values():
        if account not in members:
            account.markers = None
    return members


def _move_marker(markers: dict[Key, int], old: Key, new: Key) -> None:
    marker = markers.pop(old, None)
    markers.pop(new, None)
    if marker is not None:
        markers[new] = marker


def deleted(world: World, event: Event) -> None:
    """Remove a room, its memberships, the invitations to it and the read markers of its members."""
    if DeletedData.of(event).erase:
        world.begin_erasing()
    room = world.rooms.pop(event.room or 0, None)
    if room is None:
        return
    del world.room_keys[room.key]
    world.recent.drop(room.id)
    for principal in _principals_in(world, room):
        (principal.markers or {}).pop(room.key, None)
    for user in world.users.values():
        user.rooms.discard(room.id)
        user.invited.discard(room.id)


def joined(world: World, event: Event) -> None:
    """Add a member to a room, with the roles in the event."""
    user, room = _find_user_and_room(world, event)
    if user is None or room is None:
        return
    room.add(user, set(JoinedData.of(event).roles))
    user.rooms.add(room.id)
    user.invited.discard(room.id)


def parted(world: World, event: Event) -> None:
    """Remove a member from a room."""
    user, room = _find_user_and_room(world, event)
    if user is not None and room is not None:
        _leave(world, room, user, event)


def kicked(world: World, event: Event) -> None:
    """Remove a kicked member from a room."""
    user = world.users.get(KickedData.of(event).session)
    room = world.rooms.get(event.room or 0)
    if user is not None and room is not None:
        _leave(world, room, user, event)


def _leave(world: World, room: Room, user: User, event: Event) -> None:
    world.departures.add(user, [room.id], event)
    world.leave(user, room)


def _find_user_and_room(world: World, event: Event) -> tuple[User | None, Room | None]:
    return world.users.get(event.session or 0), world.rooms.get(event.room or 0)


def invited(world: World, event: Event) -> None:
    """Allow a user to join a room once, regardless of its modes."""
    user = world.users.get(InvitedData.of(event).session)
    if user is not None and event.room is not None:
        user.invited.add(event.room)


def topic(world: World, event: Event) -> None:
    """Change the topic of a room."""
    room = world.rooms.get(event.room or 0)
    if room is not None:
        room.topic, room.topic_by = event.text or "", event.source
        room.topic_at = event.at or world.clock.now()


def retention(world: World, event: Event) -> None:
    """Change how long the history of a room is kept."""
    room = world.rooms.get(event.room or 0)
    if room is not None:
        data = RetentionData.of(event)
        room.retention = RoomPolicy(data.days, data.hold)


def mode(world: World, event: Event) -> None:
    """Change the modes, lists and roles of a room."""
    room = world.rooms.get(event.room or 0)
    if room is None:
        return
    for sign, letter, argument, account in ModeData.of(event).changes:
        is_set = sign == "+"
        if letter in LISTS:
            _change_list(world, room, event, letter, argument or "", is_set)
        elif letter in ROLES:
            _change_role(world, room, letter, argument or "", account, is_set)
        elif letter == "k":
            if isinstance(event.secret, RoomKey):
                room.password = event.secret.key
        elif letter == "l":
            room.limit = int(argument) if is_set and argument else None
        elif letter == "W":
            room.set_slow_mode(int(argument) if is_set and argument else None)
        else:
            _change(room.modes, letter, is_set)


def _change_list(world: World, room: Room, event: Event, letter: str, mask: str, is_set: bool) -> None:
    if is_set:
        room.add_list_entry(letter, MaskEntry(mask, event.source, event.at or world.clock.now()))
    else:
        room.remove_list_entry(letter, mask)


def _change_role(world: World, room: Room, role: str, nick: str, account: int | None, is_set: bool) -> None:
    """Change the role of a member, and the persistent role of their account."""
    user = world.find_user(nick)
    member = room.member(user) if user else None
    if member is not None:
        _change(member.roles, role, is_set)
        room.invalidate_names()
    if account is not None:
        _change(room.roles.setdefault(account, set()), role, is_set)


def _change(letters: set[str], letter: str, is_set: bool) -> None:
    if is_set:
        letters.add(letter)
    else:
        letters.discard(letter)
