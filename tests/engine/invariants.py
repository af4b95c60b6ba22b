"""Invariants of the world that hold after any sequence of events."""

from app.engine.delivery.audience import Audience
from app.engine.delivery.client import Client
from app.engine.delivery.sink import IndividualSinks, Sink
from app.engine.world.room import Room
from app.engine.world.user import User
from app.engine.world.world import World
from app.wire.names import fold

WIDE = 1 << 20  # bytes of a line that has room for all names


def check_world(world: World) -> None:
    """Assert that all redundant state in a world is consistent."""
    for user in world.users.values():
        check_user(world, user)
    seated = [user for user in world.nicks.values() if not user.is_pseudoclient]
    assert len(seated) == len(world.users), "everybody has one nick, and nobody else has one"
    for room in world.rooms.values():
        check_room(world, room)
    assert len(world.room_keys) == len(world.rooms)
    for client in world.clients:
        check_client(world, client)
    assert world.user_counts.invisible == sum("i" in user.modes for user in world.users.values())
    assert world.user_counts.administrators == sum(user.is_admin for user in world.users.values())


def check_user(world: World, user: User) -> None:
    """Assert that a user's nick, rooms and devices are consistent."""
    assert world.users[user.session] is user
    assert world.nicks[user.key] is user
    assert user.key == fold(user.nick)
    assert all(user.session in world.rooms[room].members for room in user.rooms)
    for client in user.clients:
        assert client in world.clients
        assert (client.session, client.nick) == (user.session, user.nick)
        assert client.account == (user.account.name if user.account else None)
    assert bool(user.clients) == (world.node in user.nodes)
    assert bool(user.nodes) == (user.detached is None), "without a device, one stays on purpose"
    assert user.account is None or world.accounts[fold(user.account.name)] is user.account


def check_room(world: World, room: Room) -> None:
    """Assert that a room's indexes and caches match its members."""
    assert world.rooms[room.id] is room
    assert world.room_keys[room.key] is room
    assert room.key == fold(room.name)
    heard: set[Client] = set()
    for session, member in room.members.items():
        assert world.users[session] is member.user
        assert room.id in member.user.rooms
        heard.update(member.user.clients)
    assert room.audience.clients == heard
    assert told(room.audience) == {(client.shape, client.sink) for client in heard}
    for client in heard:
        check_names(world, room, client)


def told(audience: Audience) -> set[tuple[int, Sink]]:
    """Return the sinks of an audience with the shape each receives."""
    found: list[tuple[int, Sink]] = []
    for shape, receivers in audience.sink_groups:
        assert isinstance(receivers, IndividualSinks)
        found += ((shape, sink) for sink in receivers.sinks)
    assert len(found) == len(set(found)), "nobody is told twice"
    return set(found)


def check_names(world: World, room: Room, client: Client) -> None:
    """Assert that the cached names match the members."""
    viewer = world.users[client.session or 0]
    is_whole = "userhost-in-names" in client.caps
    names = [
        member.prefix_for(client) + (member.user.source if is_whole else member.user.nick)
        for member in room.members_shown_to(viewer)
    ]
    assert sorted(" ".join(room.names_for(client, viewer, WIDE)).split()) == sorted(names)


def check_client(world: World, client: Client) -> None:
    """Assert that a connection's user and monitor list are consistent."""
    user = world.user_of(client)
    assert (client in world.unregistered) == (client.session is None and not client.is_closed)
    assert client.session is None or (user is not None and client in user.clients)
    assert all(client in world.monitors.of(key) for key in client.monitored)
