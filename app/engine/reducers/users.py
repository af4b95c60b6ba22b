"""Reducers for users: connect, quit, nick, host, account, modes and presence."""

from app.engine.world.user import AccountInfo, NodeDevices, User
from app.engine.world.world import World
from app.events import Event
from app.events.data import AttachedData, ConnectedData, DetachedData
from app.wire.modes import change_user_modes, find_operator_change
from app.wire.names import fold


def connected(world: World, event: Event) -> None:
    """Add a user who completed registration."""
    data = ConnectedData.of(event)
    user = User(
        session=event.session or 0,
        nick=event.nick,
        key=fold(event.nick),
        user=event.user,
        host=event.host,
        address=data.address,
        realname=data.realname,
        signon=data.signon or event.at or world.clock.now(),
        last_active=world.clock.monotonic() - world.age_seconds(event),
        account=world.find_account(event.account) if event.account else None,
        devices={data.node: NodeDevices.from_data(data)},
    )
    world.add_user(user)
    world.peak_users = max(world.peak_users, len(world.users))


def quit_(world: World, event: Event) -> None:
    """Remove a user on the first of their QUIT events (one per room); the others do nothing."""
    user = world.users.get(event.session or 0)
    if user is None:
        return
    world.departures.add(user, user.rooms, event)
    world.remove_user(user)
    world.whowas.add(user, event.at or world.clock.now())


def nick(world: World, event: Event) -> None:
    """Change a user's nick."""
    user = world.users.get(event.session or 0)
    new = event.target or ""
    if user is None or user.nick == new:
        return
    world.departures.add(user, user.rooms, event)
    if fold(new) != user.key:
        world.whowas.add(user, event.at or world.clock.now())
    del world.nicks[user.key]
    world.discard_skeleton(user.nick)
    user.nick, user.key = new, fold(new)
    world.nicks[user.key] = user
    world.skeletons.add(user.nick)
    for client in user.clients:
        client.nick = new
    for room in world.rooms_of(user):
        room.invalidate_names()


def user_mode(world: World, event: Event) -> None:
    """Change a user's modes."""
    user = world.users.get(event.session or 0)
    if user is None:
        return
    text = event.text or ""
    user.modes, operator = change_user_modes(user.modes, text), find_operator_change(text)
    user.operator = user.operator if operator is None else operator
    world.user_counts.update(user)


def opered(world: World, event: Event) -> None:
    """Grant administrator status after a successful OPER."""
    user = world.users.get(event.session or 0)
    if user is not None:
        user.operator, user.operator_name = True, event.target
        world.user_counts.update(user)


def host(world: World, event: Event) -> None:
    """Change a user's visible host."""
    user = world.users.get(event.session or 0)
    if user is not None:
        world.departures.add(user, user.rooms, event)
        user.host = event.text or ""
        for room in world.rooms_of(user):
            room.invalidate_names()


def realname(world: World, event: Event) -> None:
    """Change a user's real name."""
    user = world.users.get(event.session or 0)
    if user is not None:
        user.realname = event.text or ""


def logged_in(world: World, event: Event) -> None:
    """Log a session in to an account."""
    user = world.users.get(event.session or 0)
    if user is not None and event.account is not None:
        world.departures.add(user, user.rooms, event)
        _set_account(world, user, world.find_account(event.account))


def logged_out(world: World, event: Event) -> None:
    """Log a session out."""
    user = world.users.get(event.session or 0)
    if user is not None:
        world.departures.add(user, user.rooms, event)
        _set_account(world, user, None)


def _set_account(world: World, user: User, account: AccountInfo | None) -> None:
    """Set the account of a user and all their connections."""
    user.account = account
    user.operator = user.operator or None
    user.metadata.clear()
    for client in user.clients:
        client.account = account.name if account else None
    world.user_counts.update(user)


def away(world: World, event: Event) -> None:
    """Set or clear a user's away message."""
    user = world.users.get(event.session or 0)
    if user is not None:
        user.away = event.text


def detached(world: World, event: Event) -> None:
    """Record that a node has no device of a session any more, and when the last one left."""
    user = world.users.get(event.session or 0)
    if user is None:
        return
    data = DetachedData.of(event)
    user.devices = {node: found for node, found in user.devices.items() if data.node not in (None, node)}
    if not user.nodes:
        world.departures.add(user, user.rooms, event)
        user.detached = data.heard or event.at or world.clock.now()


def attached(world: World, event: Event) -> None:
    """Record which devices a node has of a session."""
    user, data = world.users.get(event.session or 0), AttachedData.of(event)
    if user is not None:
        user.devices[data.node or world.node] = NodeDevices.from_data(data)
        user.detached = None
