"""What happens to people: they come, go, and are known otherwise."""

from app.engine.world.user import AccountInfo, User
from app.engine.world.world import World, reduces
from app.events import Event, Kind
from app.wire.modes import parse_changes
from app.wire.names import fold


@reduces(Kind.CONNECTED)
def connected(world: World, event: Event) -> None:
    """Somebody finished registration."""
    user = User(
        session=event.session or 0,
        nick=event.nick,
        key=fold(event.nick),
        user=event.user,
        host=event.host,
        address=event.data["address"],
        realname=event.data["realname"],
        signon=world.clock.now(),
        active=world.clock.monotonic(),
        account=world.find_account(event.account) if event.account else None,
    )
    world.admit(user)
    world.most_users = max(world.most_users, len(world.users))


@reduces(Kind.QUIT)
def quit_(world: World, event: Event) -> None:
    """A session ended; of its several rows the first one removes it."""
    user = world.users.pop(event.session or 0, None)
    if user is None:
        return
    for room in world.rooms_of(user):
        room.remove(user)
    user.rooms.clear()
    del world.nicks[user.key]
    world.discard_skeleton(user.nick)
    world.user_counts.drop(user)
    world.record_whowas(user)


@reduces(Kind.NICK)
def nick(world: World, event: Event) -> None:
    """Somebody is known by another nick."""
    user = world.users.get(event.session or 0)
    new = event.target or ""
    if user is None or user.nick == new:
        return
    if fold(new) != user.key:
        world.record_whowas(user)
    del world.nicks[user.key]
    world.discard_skeleton(user.nick)
    user.nick, user.key = new, fold(new)
    world.nicks[user.key] = user
    world.add_skeleton(user.nick)
    for client in user.clients:
        client.nick = new
    for room in world.rooms_of(user):
        room.forget_names()


@reduces(Kind.USER_MODE)
def user_mode(world: World, event: Event) -> None:
    """Somebody changed their own modes."""
    user = world.users.get(event.session or 0)
    if user is None:
        return
    for change in parse_changes(event.text or "", []):
        if change.letter == "o":
            user.operator = change.sign == "+"
            continue
        (user.modes.add if change.sign == "+" else user.modes.discard)(change.letter)
    world.user_counts.note(user)


@reduces(Kind.OPERED)
def opered(world: World, event: Event) -> None:
    """Somebody is an administrator by a name and a password that the settings know."""
    user = world.users.get(event.session or 0)
    if user is not None:
        user.operator, user.operator_name = True, event.target
        world.user_counts.note(user)


@reduces(Kind.HOST)
def host(world: World, event: Event) -> None:
    """Somebody is seen with another host."""
    user = world.users.get(event.session or 0)
    if user is not None:
        user.host = event.text or ""
        for room in world.rooms_of(user):
            room.forget_names()


@reduces(Kind.REALNAME)
def realname(world: World, event: Event) -> None:
    """Somebody has another real name."""
    user = world.users.get(event.session or 0)
    if user is not None:
        user.realname = event.text or ""


@reduces(Kind.LOGGED_IN)
def logged_in(world: World, event: Event) -> None:
    """A session speaks for an account."""
    user = world.users.get(event.session or 0)
    if user is not None and event.account is not None:
        _speak_for(world, user, world.find_account(event.account))


@reduces(Kind.LOGGED_OUT)
def logged_out(world: World, event: Event) -> None:
    """A session is a guest's again."""
    user = world.users.get(event.session or 0)
    if user is not None:
        _speak_for(world, user, None)


def _speak_for(world: World, user: User, account: AccountInfo | None) -> None:
    """A session has one account, whichever of its connections logged in or out."""
    user.account = account
    user.operator = user.operator or None
    user.metadata.clear()
    for client in user.clients:
        client.account = account.name if account else None
    world.user_counts.note(user)


@reduces(Kind.AWAY)
def away(world: World, event: Event) -> None:
    """Somebody went away, or came back."""
    user = world.users.get(event.session or 0)
    if user is not None:
        user.away = event.text


@reduces(Kind.DETACHED)
def detached(world: World, event: Event) -> None:
    """Somebody is here without a device."""
    user = world.users.get(event.session or 0)
    if user is not None:
        user.detached = event.at or world.clock.now()


@reduces(Kind.ATTACHED)
def attached(world: World, event: Event) -> None:
    """Somebody is here with a device again."""
    user = world.users.get(event.session or 0)
    if user is not None:
        user.detached = None
