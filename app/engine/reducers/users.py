"""Reducers for users: connect, quit, nick, host, account, modes and presence."""

from app.engine.world.user import AccountInfo, User
from app.engine.world.world import World
from app.events import Event
from app.events.data import ConnectedData, DepartureData
from app.wire.modes import parse_changes
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
        signon=world.clock.now(),
        last_active=world.clock.monotonic(),
        account=world.find_account(event.account) if event.account else None,
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
    world.add_whowas(user)


def nick(world: World, event: Event) -> None:
    """Change a user's nick."""
    user = world.users.get(event.session or 0)
    new = event.target or ""
    if user is None or user.nick == new:
        return
    world.departures.add(user, user.rooms, event)
    if fold(new) != user.key:
        world.add_whowas(user)
    del world.nicks[user.key]
    world.discard_skeleton(user.nick)
    user.nick, user.key = new, fold(new)
    world.nicks[user.key] = user
    world.add_skeleton(user.nick)
    for client in user.clients:
        client.nick = new
    for room in world.rooms_of(user):
        room.invalidate_names()


def user_mode(world: World, event: Event) -> None:
    """Change a user's modes."""
    user = world.users.get(event.session or 0)
    if user is None:
        return
    for change in parse_changes(event.text or "", []):
        if change.letter == "o":
            user.operator = change.sign == "+"
            continue
        (user.modes.add if change.sign == "+" else user.modes.discard)(change.letter)
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
    """Record when the last device of an always-on user disconnected."""
    user = world.users.get(event.session or 0)
    if user is not None:
        world.departures.add(user, user.rooms, event)
        user.detached = DepartureData.of(event).heard or event.at or world.clock.now()


def attached(world: World, event: Event) -> None:
    """Clear the detachment time once a device of the user connects."""
    user = world.users.get(event.session or 0)
    if user is not None:
        user.detached = None
