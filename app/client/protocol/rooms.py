"""Who is where, and what a room is about."""

import re

from app.client.protocol import registration, resume
from app.client.protocol.dispatch import deliver, moment, on, param
from app.client.protocol.effects import Effects
from app.client.protocol.events import (
    AwayChanged,
    Invited,
    Joined,
    JoinRefused,
    Kicked,
    Left,
    Members,
    ModeChanged,
    Notice,
    Parted,
    TopicChanged,
)
from app.client.protocol.model import ChannelMember, ChannelView, ClientState
from app.wire.line import Line
from app.wire.names import fold

MARKS = "~&@%+"


@on("JOIN")
def joined(state: ClientState, line: Line) -> Effects:
    """Somebody, perhaps we, came into a room (with the account: extended-join)."""
    name, is_mine, at = param(line, 0), state.is_me(line.nick), moment(state, line)
    account = param(line, 1).removeprefix("*")
    room = state.open_room(name)
    if is_mine:
        state.connection.mask = line.source or ""
        _enter(room, name)
    room.members[fold(line.nick)] = ChannelMember(line.nick, account=account)
    if not (is_mine and resume.is_returning(state, room)):
        yield from deliver(room, Joined(room.name, line.nick, at, is_mine, account))
    if is_mine:
        yield from resume.entered(state, room, at)


def _enter(room: ChannelView, name: str) -> None:
    """Begin to be in a room; who is in it will be told."""
    room.name = name
    room.is_joined = True
    room.members.clear()


@on("PART")
def parted(state: ClientState, line: Line) -> Effects:
    """Somebody leaves a room."""
    room = state.find_room(param(line, 0))
    if room is None:
        return
    is_mine = state.is_me(line.nick)
    room.members.pop(fold(line.nick), None)
    yield from deliver(room, Parted(room.name, line.nick, param(line, 1), moment(state, line), is_mine))
    if is_mine:
        yield from _leave(state, room)


@on("KICK")
def kicked(state: ClientState, line: Line) -> Effects:
    """Somebody is removed from a room."""
    room, nick = state.find_room(param(line, 0)), param(line, 1)
    if room is None:
        return
    is_mine = state.is_me(nick)
    room.members.pop(fold(nick), None)
    event = Kicked(room.name, nick, line.nick, param(line, 2), moment(state, line), is_mine)
    yield from deliver(room, event)
    if is_mine:
        yield from _leave(state, room)


def _leave(state: ClientState, room: ChannelView) -> Effects:
    """We are out of a room; it is not entered again by itself."""
    room.is_joined = False
    room.members.clear()
    yield from resume.give_up(state, room)


@on("QUIT")
def left(state: ClientState, line: Line) -> Effects:
    """Somebody leaves the server; a nick we wish for may be free now."""
    rooms = state.rooms_of(line.nick)
    for room in rooms:
        room.members.pop(fold(line.nick), None)
    yield Left(line.nick, tuple(room.name for room in rooms), param(line, 0), moment(state, line))
    yield from registration.reclaim(state, line.nick)


@on("TOPIC")
def topic_changed(state: ClientState, line: Line) -> Effects:
    """Somebody changes what a room is about."""
    room = state.open_room(param(line, 0))
    room.topic = param(line, 1)
    yield from deliver(room, TopicChanged(room.name, room.topic, line.nick, moment(state, line)))


@on("331", "332")
def topic_told(state: ClientState, line: Line) -> Effects:
    """The server says what a room is about."""
    room = state.open_room(param(line, 1))
    topic = param(line, 2) if line.command == "332" else ""
    if topic != room.topic or not resume.is_returning(state, room):
        yield from deliver(room, TopicChanged(room.name, topic, "", moment(state, line)))
    room.topic = topic


@on("333")
def topic_author(state: ClientState, line: Line) -> Effects:
    """Who set the topic and when is not shown."""
    yield from ()


@on("353")
def names_told(state: ClientState, line: Line) -> Effects:
    """Some of the names in a room."""
    room = state.open_room(param(line, 2))
    if room.listing is None:
        room.listing = {}
    for word in param(line, -1).split():
        nick = word.lstrip(MARKS)
        known = room.members.get(fold(nick), ChannelMember(nick))
        known.nick, known.prefix = nick, word[: len(word) - len(nick)]
        room.listing[fold(nick)] = known
    yield from ()


@on("366")
def names_ended(state: ClientState, line: Line) -> Effects:
    """All the names have been told; shown when they were asked for."""
    room = state.open_room(param(line, 1))
    listing, room.listing = room.listing or {}, None
    if room.is_joined:
        room.members = listing
    asked = state.connection.asked_names
    if fold(room.name) in asked:
        asked.discard(fold(room.name))
        names = sorted((member.prefix + member.nick for member in listing.values()), key=str.casefold)
        yield Members(room.name, tuple(names))


@on("AWAY")
def away_changed(state: ClientState, line: Line) -> Effects:
    """Somebody goes away or comes back (away-notify)."""
    yield AwayChanged(line.nick, param(line, 0), moment(state, line))


@on("INVITE")
def invited(state: ClientState, line: Line) -> Effects:
    """Somebody asks somebody into a room."""
    yield Invited(param(line, 1), param(line, 0), line.nick, moment(state, line))


@on("MODE")
def mode_changed(state: ClientState, line: Line) -> Effects:
    """Somebody changes the modes of a room or of us."""
    target, modes = param(line, 0), " ".join(line.params[1:])
    event = ModeChanged(target, modes, line.nick, moment(state, line))
    room = state.find_room(target)
    if room is None:
        yield event
        return
    _apply_modes(state, room, line.params[1:])
    yield from deliver(room, event)


def _apply_modes(state: ClientState, room: ChannelView, params: list[str]) -> None:
    """Give and take the status marks that a mode change names."""
    marks = _status_marks(state)
    arguments = list(params[1:])
    is_given = True
    for letter in params[0] if params else "":
        if letter in "+-":
            is_given = letter == "+"
        elif letter in marks:
            nick = arguments.pop(0) if arguments else ""
            _mark(room, nick, marks[letter], is_given)
        elif _takes_argument(state, letter, is_given) and arguments:
            arguments.pop(0)


def _status_marks(state: ClientState) -> dict[str, str]:
    """Return which mode letter gives which mark before a nick."""
    told = state.connection.isupport.get("PREFIX", "(ov)@+")
    match = re.fullmatch(r"\((\w*)\)(\S*)", told)
    return dict(zip(match[1], match[2], strict=False)) if match else {}


def _takes_argument(state: ClientState, letter: str, is_given: bool) -> bool:
    """Whether a mode letter is followed by an argument (CHANMODES groups A, B and, given, C)."""
    groups = state.connection.isupport.get("CHANMODES", "b,k,l,imnpst").split(",")
    always = "".join(groups[:2])
    return letter in always or (is_given and letter in "".join(groups[2:3]))


def _mark(room: ChannelView, nick: str, mark: str, is_given: bool) -> None:
    """Give a member a mark or take it; the strongest mark stands first."""
    member = room.members.get(fold(nick))
    if member is None:
        return
    marks = set(member.prefix) | {mark} if is_given else set(member.prefix) - {mark}
    member.prefix = "".join(sorted(marks, key=MARKS.find))


@on("403", "405", "471", "473", "474", "475", "476", "477", "479")
def join_refused(state: ClientState, line: Line) -> Effects:
    """A room is closed to us, or a name is no room's."""
    room = state.find_room(param(line, 1))
    if room is not None and room.is_joined:
        yield Notice(f"{room.name}: {param(line, -1)}", is_error=True)
        return
    yield JoinRefused(param(line, 1), param(line, -1), moment(state, line))
    if room is not None:
        yield from resume.give_up(state, room)
