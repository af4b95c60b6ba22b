"""What happens to rooms: they are made, entered and left, and what holds there changes."""

from collections import deque

from app.engine.world.room import MaskEntry, Room
from app.engine.world.user import User
from app.engine.world.world import World, reduces
from app.events import Event, Kind
from app.wire.modes import LISTS, ROLES
from app.wire.names import Key, fold


@reduces(Kind.CREATED)
def created(world: World, event: Event) -> None:
    """A room exists from now on."""
    name = event.target or ""
    room = Room(
        id=event.room or 0,
        name=name,
        key=fold(name),
        created=event.at or world.clock.now(),
        official=event.data["official"],
        modes=set(event.data["modes"]),
        recent=deque(maxlen=world.replay),
    )
    if event.data["founder"] is not None:
        room.roles[event.data["founder"]] = {"o"}
    world.rooms[room.id] = room
    world.room_keys[room.key] = room


@reduces(Kind.RENAMED)
def renamed(world: World, event: Event) -> None:
    """A room has another name, which its read markers follow."""
    room = world.rooms.get(event.room or 0)
    if room is None:
        return
    old, room.name = room.key, event.data["to"]
    room.key, room.renamed = fold(room.name), world.clock.monotonic()
    del world.room_keys[old]
    world.room_keys[room.key] = room
    accounts, guests = world.accounts.values(), world.users.values()
    for markers in (*(one.markers for one in accounts), *(one.markers for one in guests)):
        if markers and old != room.key:
            _follow(markers, old, room.key)


def _follow(markers: dict[Key, int], old: Key, new: Key) -> None:
    marker = markers.pop(old, None)
    markers.pop(new, None)
    if marker is not None:
        markers[new] = marker


@reduces(Kind.DELETED)
def deleted(world: World, event: Event) -> None:
    """A room is no more, and nobody is in it or asked into it."""
    room = world.rooms.pop(event.room or 0, None)
    if room is None:
        return
    del world.room_keys[room.key]
    for user in world.users.values():
        user.rooms.discard(room.id)
        user.invited.discard(room.id)


@reduces(Kind.JOINED)
def joined(world: World, event: Event) -> None:
    """Somebody is in a room, with the roles the event gives them."""
    user, room = _who_and_where(world, event)
    if user is None or room is None:
        return
    room.add(user, set(event.data.get("roles", "")))
    user.rooms.add(room.id)
    user.invited.discard(room.id)


@reduces(Kind.PARTED)
def parted(world: World, event: Event) -> None:
    """Somebody left a room."""
    user, room = _who_and_where(world, event)
    if user is not None and room is not None:
        _leave(room, user)


@reduces(Kind.KICKED)
def kicked(world: World, event: Event) -> None:
    """Somebody was removed from a room."""
    user = world.users.get(event.data["session"])
    room = world.rooms.get(event.room or 0)
    if user is not None and room is not None:
        _leave(room, user)


def _leave(room: Room, user: User) -> None:
    room.remove(user)
    user.rooms.discard(room.id)


def _who_and_where(world: World, event: Event) -> tuple[User | None, Room | None]:
    return world.users.get(event.session or 0), world.rooms.get(event.room or 0)


@reduces(Kind.INVITED)
def invited(world: World, event: Event) -> None:
    """Somebody may enter a room once, whatever its modes."""
    user = world.users.get(event.data["session"])
    if user is not None and event.room is not None:
        user.invited.add(event.room)


@reduces(Kind.TOPIC)
def topic(world: World, event: Event) -> None:
    """A room has another topic."""
    room = world.rooms.get(event.room or 0)
    if room is not None:
        room.topic, room.topic_by = event.text or "", event.source
        room.topic_at = event.at or world.clock.now()


@reduces(Kind.MODE)
def mode(world: World, event: Event) -> None:
    """A room's modes, lists or roles changed."""
    room = world.rooms.get(event.room or 0)
    if room is None:
        return
    for sign, letter, argument, account in event.data["changes"]:
        if letter in LISTS:
            _list(world, room, event, sign, letter, argument)
        elif letter in ROLES:
            _role(world, room, sign, letter, argument, account)
        elif letter == "k":
            room.password = event.secret.key if event.secret is not None else room.password
        elif letter == "l":
            room.limit = int(argument) if sign == "+" else None
        elif letter == "W":
            room.slow_down(int(argument) if sign == "+" else None)
        else:
            (room.modes.add if sign == "+" else room.modes.discard)(letter)


def _list(world: World, room: Room, event: Event, sign: str, letter: str, mask: str) -> None:
    if sign == "+":
        room.lists[letter][mask] = MaskEntry(mask, event.source, event.at or world.clock.now())
    else:
        room.lists[letter].pop(mask, None)


def _role(world: World, room: Room, sign: str, role: str, nick: str, account: int | None) -> None:
    user = world.find_user(nick)
    member = room.member(user) if user else None
    if member is not None:
        (member.roles.add if sign == "+" else member.roles.discard)(role)
        room.forget_names()
    if account is not None:
        kept = room.roles.setdefault(account, set())
        (kept.add if sign == "+" else kept.discard)(role)
