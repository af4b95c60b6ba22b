"""The audience of each kind of event: the clients of this node that receive it.

It is computed before the event is applied to the world: who quits is still in the rooms, and who
joins is not yet. It is the same whether this node or another one has decided the event, and empty
if the event was applied before: QUIT and NICK have a row for each room of the user.
"""

from collections.abc import Callable, Iterable, Mapping

from app.engine.delivery.audience import EMPTY_AUDIENCE, Audience
from app.engine.delivery.client import Client
from app.engine.world.room import Room
from app.engine.world.user import User
from app.engine.world.world import World
from app.events import Event, Kind
from app.events.data import (
    InvitedData,
    MarkedData,
    MetadataChangeData,
    ModeData,
    PrivateMetadataData,
    RedactedData,
)
from app.wire.modes import ROLES, WORD_FILTER

AudienceFinder = Callable[[World, Event], Audience]


def find_audience(world: World, event: Event) -> Audience:
    """Return the audience of an event that is about to be applied; imported ones have none."""
    find = _FINDERS.get(event.kind)
    return EMPTY_AUDIENCE if find is None or event.is_imported else find(world, event)


def find_subscribers(world: World, owner: User | Room, key: str) -> Audience:
    """Return the clients to notify when the value of a metadata key changes.

    Changes of a room are sent to its members. Changes of a user are sent to the members of the
    user's rooms, to clients that monitor the nick, and to the user's own clients. Only clients
    that have subscribed to the key are included.
    """
    if isinstance(owner, Room):
        return _subscribed(owner.audience.clients, key)
    rooms = (room.audience.clients for room in world.rooms_of(owner))
    candidates: list[Iterable[Client]] = [owner.clients, world.monitors.of(owner.key), *rooms]
    return _subscribed((client for clients in candidates for client in clients), key)


def _subscribed(clients: Iterable[Client], key: str) -> Audience:
    return Audience(client for client in clients if key in client.subscriptions)


def _members(world: World, event: Event) -> Audience:
    room = world.rooms.get(event.room or 0)
    return EMPTY_AUDIENCE if room is None else room.audience


def _operators(world: World, event: Event) -> Audience:
    """Return the operators of the room whose operators a message addresses (STATUSMSG)."""
    room = world.rooms.get(int((event.conversation or "o0").removeprefix("o")))
    return EMPTY_AUDIENCE if room is None else room.operators()


def _message(world: World, event: Event) -> Audience:
    if event.room is not None:
        return _members(world, event)
    if event.conversation is not None and event.conversation.startswith("o"):
        return _operators(world, event)
    sender, recipient = world.users.get(event.session or 0), world.find_user(event.target or "")
    return Audience(client for user in (recipient, sender) if user is not None for client in user.clients)


def _redacted(world: World, event: Event) -> Audience:
    parties = RedactedData.of(event).parties
    if parties is not None:
        one, other = parties
        return Audience(world.devices(one).clients | world.devices(other).clients)
    return _members(world, event) if event.conversation is None else _operators(world, event)


def _mode(world: World, event: Event) -> Audience:
    """Return the members; the operators for the word filter; nobody for roles of absent accounts.

    Users who have just joined receive their roles in another way.
    """
    room, data = world.rooms.get(event.room or 0), ModeData.of(event)
    if room is None:
        return EMPTY_AUDIENCE
    if any(letter == WORD_FILTER for _, letter, _, _ in data.changes):
        return room.operators()
    users = [world.find_user(nick or "") for _, letter, nick, _ in data.changes if letter in ROLES]
    if len(users) == len(data.changes) and all(user is None or not room.member(user) for user in users):
        return EMPTY_AUDIENCE
    if data.initial:
        newcomers = {client for user in users if user is not None for client in user.clients}
        return Audience(room.audience.clients - newcomers) if newcomers else room.audience
    return room.audience


def _invited(world: World, event: Event) -> Audience:
    """Return the invited user, and inviters that have negotiated invite-notify."""
    room, target = world.rooms.get(event.room or 0), world.users.get(InvitedData.of(event).session)
    if room is None or target is None:
        return EMPTY_AUDIENCE
    inviters = room.operators() if "i" in room.modes else room.audience
    notified = (client for client in inviters.clients if "invite-notify" in client.caps)
    return Audience([*target.clients, *notified])


def _quit(world: World, event: Event) -> Audience:
    """Return those in the same rooms, without the user's own clients."""
    user = world.users.get(event.session or 0)
    if user is None:
        return EMPTY_AUDIENCE
    return Audience(world.shared_room_audience(user).clients.difference(user.clients))


def _nick(world: World, event: Event) -> Audience:
    user = world.users.get(event.session or 0)
    if user is None or user.nick == event.target:
        return EMPTY_AUDIENCE
    return world.shared_room_audience(user)


def _presence(world: World, event: Event) -> Audience:
    user = world.users.get(event.session or 0)
    return EMPTY_AUDIENCE if user is None else world.presence_audience(user)


def _own_devices(world: World, event: Event) -> Audience:
    user = world.users.get(event.session or 0)
    return EMPTY_AUDIENCE if user is None else Audience(user.clients)


def _opered(world: World, event: Event) -> Audience:
    """Return the user's devices, unless the user is an administrator already."""
    user = world.users.get(event.session or 0)
    return EMPTY_AUDIENCE if user is None or user.is_admin else Audience(user.clients)


def _marked(world: World, event: Event) -> Audience:
    return world.devices(MarkedData.of(event).party)


def _private_metadata(world: World, event: Event) -> Audience:
    data = PrivateMetadataData.of(event)
    return _subscribed(world.devices(data.party).clients, data.key)


def _metadata(world: World, event: Event) -> Audience:
    """Return the subscribers of the room, or of the user who has the values that changed."""
    name, data = event.target or "", MetadataChangeData.of(event)
    owner = world.find_user(name) if event.room is None else world.rooms.get(event.room)
    if owner is None or (isinstance(owner, User) and data.party not in (None, owner.party)):
        return EMPTY_AUDIENCE
    return find_subscribers(world, owner, data.key)


_FINDERS: Mapping[Kind, AudienceFinder] = {
    Kind.PRIVMSG: _message,
    Kind.NOTICE: _message,
    Kind.TAGMSG: _message,
    Kind.REDACTED: _redacted,
    Kind.JOINED: _members,
    Kind.PARTED: _members,
    Kind.KICKED: _members,
    Kind.TOPIC: _members,
    Kind.RENAMED: _members,
    Kind.MODE: _mode,
    Kind.INVITED: _invited,
    Kind.QUIT: _quit,
    Kind.NICK: _nick,
    Kind.HOST: _presence,
    Kind.REALNAME: _presence,
    Kind.AWAY: _presence,
    Kind.LOGGED_IN: _presence,
    Kind.LOGGED_OUT: _presence,
    Kind.USER_MODE: _own_devices,
    Kind.OPERED: _opered,
    Kind.MARKED: _marked,
    Kind.PRIVATE_METADATA: _private_metadata,
    Kind.METADATA: _metadata,
    Kind.WALLOPS: lambda world, event: world.wallops_audience(),
    Kind.ANNOUNCED: lambda world, event: world.all_clients(),
}
