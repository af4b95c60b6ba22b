"""What each kind of event changes in the world. Nothing here decides, and nothing here can fail.

Events that others appended may speak of people and rooms that are gone by now; such an event changes nothing.
"""

from collections import deque

from app.events import Event, Kind
from app.live.room import MaskEntry, Member, Room
from app.live.user import AccountInfo, User
from app.live.world import Ban, World, applies
from app.wire.modes import LISTS, ROLES, parse_changes
from app.wire.names import fold


@applies(Kind.CONNECTED)
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
    world.users[user.session] = user
    world.nicks[user.key] = user
    world.show_face(user.nick)
    world.most_users = max(world.most_users, len(world.users))


@applies(Kind.QUIT)
def quit_(world: World, event: Event) -> None:
    """A session ended; of its several rows the first one removes it."""
    user = world.users.pop(event.session or 0, None)
    if user is None:
        return
    for room in world.rooms_of(user):
        del room.members[user.session]
        room.changed_audience()
    user.rooms.clear()
    del world.nicks[user.key]
    world.hide_face(user.nick)
    world.depart(user)


@applies(Kind.NICK)
def nick(world: World, event: Event) -> None:
    """Somebody is known by another nick."""
    user = world.users.get(event.session or 0)
    new = event.target or ""
    if user is None or user.nick == new:
        return
    if fold(new) != user.key:
        world.depart(user)
    del world.nicks[user.key]
    world.hide_face(user.nick)
    user.nick, user.key = new, fold(new)
    world.nicks[user.key] = user
    world.show_face(user.nick)
    for client in user.clients:
        client.nick = new


@applies(Kind.USER_MODE)
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


@applies(Kind.REALNAME)
def realname(world: World, event: Event) -> None:
    """Somebody has another real name."""
    user = world.users.get(event.session or 0)
    if user is not None:
        user.realname = event.text or ""


@applies(Kind.LOGGED_IN)
def logged_in(world: World, event: Event) -> None:
    """A session speaks for an account."""
    user = world.users.get(event.session or 0)
    if user is not None and event.account is not None:
        _speak_for(user, world.find_account(event.account))


@applies(Kind.LOGGED_OUT)
def logged_out(world: World, event: Event) -> None:
    """A session is a guest's again."""
    user = world.users.get(event.session or 0)
    if user is not None:
        _speak_for(user, None)


def _speak_for(user: User, account: AccountInfo | None) -> None:
    """A session has one account, whichever of its connections logged in or out."""
    user.account = account
    user.operator = user.operator or None
    for client in user.clients:
        client.account = account.name if account else None


@applies(Kind.AWAY)
def away(world: World, event: Event) -> None:
    """Somebody went away, or came back."""
    user = world.users.get(event.session or 0)
    if user is not None:
        user.away = event.text


@applies(Kind.CREATED)
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


@applies(Kind.JOINED)
def joined(world: World, event: Event) -> None:
    """Somebody is in a room, with the roles the event gives them."""
    user, room = _who_and_where(world, event)
    if user is None or room is None:
        return
    room.members[user.session] = Member(user, set(event.data.get("roles", "")))
    room.changed_audience()
    user.rooms.add(room.id)
    user.invited.discard(room.id)


@applies(Kind.PARTED)
def parted(world: World, event: Event) -> None:
    """Somebody left a room."""
    user, room = _who_and_where(world, event)
    if user is not None and room is not None:
        _leave(room, user)


@applies(Kind.KICKED)
def kicked(world: World, event: Event) -> None:
    """Somebody was removed from a room."""
    user = world.users.get(event.data["session"])
    room = world.rooms.get(event.room or 0)
    if user is not None and room is not None:
        _leave(room, user)


def _leave(room: Room, user: User) -> None:
    if room.members.pop(user.session, None) is not None:
        room.changed_audience()
    user.rooms.discard(room.id)


def _who_and_where(world: World, event: Event) -> tuple[User | None, Room | None]:
    return world.users.get(event.session or 0), world.rooms.get(event.room or 0)


@applies(Kind.INVITED)
def invited(world: World, event: Event) -> None:
    """Somebody may enter a room once, whatever its modes."""
    user = world.users.get(event.data["session"])
    if user is not None and event.room is not None:
        user.invited.add(event.room)


@applies(Kind.TOPIC)
def topic(world: World, event: Event) -> None:
    """A room has another topic."""
    room = world.rooms.get(event.room or 0)
    if room is not None:
        room.topic, room.topic_by = event.text or "", event.source
        room.topic_at = event.at or world.clock.now()


@applies(Kind.MODE)
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
        else:
            (room.modes.add if sign == "+" else room.modes.discard)(letter)


def _list(world: World, room: Room, event: Event, sign: str, letter: str, mask: str) -> None:
    if sign == "+":
        room.lists[letter][mask] = MaskEntry(event.source, event.at or world.clock.now())
    else:
        room.lists[letter].pop(mask, None)


def _role(world: World, room: Room, sign: str, role: str, nick: str, account: int | None) -> None:
    user = world.find_user(nick)
    member = room.member(user) if user else None
    if member is not None:
        (member.roles.add if sign == "+" else member.roles.discard)(role)
    if account is not None:
        kept = room.roles.setdefault(account, set())
        (kept.add if sign == "+" else kept.discard)(role)


@applies(Kind.PRIVMSG)
@applies(Kind.NOTICE)
def said(world: World, event: Event) -> None:
    """A message is what newcomers to the room are shown."""
    world.remember(event)


@applies(Kind.REDACTED)
def redacted(world: World, event: Event) -> None:
    """A message is not to be seen any more."""
    position = event.data["event"]
    world.redacted.append(position)
    room = world.rooms.get(event.room or 0)
    if room is not None and room.recent is not None:
        world.fill_recent(room, [one for one in room.recent if one.id != position])


@applies(Kind.MARKED)
def marked(world: World, event: Event) -> None:
    """Somebody has read a room, or what a nick wrote, up to an instant."""
    reader = world.find_reader(event)
    if reader is not None and reader.markers is not None:
        reader.markers[fold(event.target or "")] = event.data["instant"]


@applies(Kind.REGISTERED)
def registered(world: World, event: Event) -> None:
    """A name belongs to an account."""
    name = event.account or ""
    world.accounts[fold(name)] = AccountInfo(event.data["id"], name, event.data["role"])
    world.show_face(name)


@applies(Kind.ACCOUNT_CHANGED)
def account_changed(world: World, event: Event) -> None:
    """An account has another role, or may or may not be used."""
    account = world.find_account(event.account or "")
    if account is not None:
        account.role = event.data.get("role", account.role)
        account.disabled = event.data.get("disabled", account.disabled)


@applies(Kind.BANNED)
def banned(world: World, event: Event) -> None:
    """A server-wide ban holds."""
    data = event.data
    world.bans[data["id"]] = Ban(
        data["id"], data["type"], event.target or "", event.text or "", data["expires"]
    )


@applies(Kind.UNBANNED)
def unbanned(world: World, event: Event) -> None:
    """A server-wide ban is lifted."""
    world.bans.pop(event.data["id"], None)
