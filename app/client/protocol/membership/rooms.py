"""Handlers for rooms: members, topics, modes and invitations."""

import re

from app.client.protocol.channel_view import ChannelMember, ChannelView
from app.client.protocol.effects import Effects
from app.client.protocol.events import (
    Ignored,
    Invited,
    Joined,
    JoinRefused,
    Kicked,
    Members,
    ModeChanged,
    Parted,
    Quit,
    TopicChanged,
)
from app.client.protocol.history import catch_up, resume
from app.client.protocol.lines import line_time, param
from app.client.protocol.login import registration
from app.client.protocol.messaging.messages import deliver
from app.client.protocol.model import ClientState
from app.client.protocol.replies import reply_texts
from app.wire.line import Line
from app.wire.names import fold

STATUS_PREFIXES = "~&@%+"  # highest first


def on_join(state: ClientState, line: Line) -> Effects:
    """Show a JOIN, with the account (IRCv3 extended-join); if it is ours, catch up."""
    name, is_mine, at = param(line, 0), state.is_me(line.nick), line_time(state, line)
    account = param(line, 1).removeprefix("*")
    room = state.open_room(name)
    if is_mine:
        state.connection.mask = line.source or ""
        state.connection.away_known.discard(fold(name))
        _reset_members(room, name)
    if is_mine or state.may_list_members():
        room.members[fold(line.nick)] = ChannelMember(line.nick, account=account, mask=line.source or "")
    event = Joined(room.name, line.nick, at, is_mine, account)
    if is_mine and catch_up.is_resuming(state, room):
        room.shown_events.add_live(event)  # not shown, neither now nor from the history
    else:
        yield from deliver(room, event)
    if is_mine:
        yield from resume.on_joined(state, room, at)


def _reset_members(room: ChannelView, name: str) -> None:
    """Mark a room as joined, and clear its members; RPL_NAMREPLY lists the current ones."""
    room.name = name
    room.is_joined = True
    room.members.clear()


def on_part(state: ClientState, line: Line) -> Effects:
    """Show a PART."""
    room = state.find_room(param(line, 0))
    if room is None:
        return
    is_mine = state.is_me(line.nick)
    room.members.pop(fold(line.nick), None)
    yield from deliver(room, Parted(room.name, line.nick, param(line, 1), line_time(state, line), is_mine))
    if is_mine:
        yield from _on_left(state, room)


def on_kick(state: ClientState, line: Line) -> Effects:
    """Show a KICK."""
    room, nick = state.find_room(param(line, 0)), param(line, 1)
    if room is None:
        return
    is_mine = state.is_me(nick)
    room.members.pop(fold(nick), None)
    event = Kicked(room.name, nick, line.nick, param(line, 2), line_time(state, line), is_mine)
    yield from deliver(room, event)
    if is_mine:
        yield from _on_left(state, room)


def _on_left(state: ClientState, room: ChannelView) -> Effects:
    """Update a room that we have left; it is not rejoined automatically."""
    room.is_joined = False
    room.members.clear()
    yield from catch_up.cancel(state, room)


def on_quit(state: ClientState, line: Line) -> Effects:
    """Show a QUIT; if it released the chosen nick, reclaim it."""
    rooms = state.rooms_of(line.nick)
    event = Quit(line.nick, tuple(room.name for room in rooms), param(line, 0), line_time(state, line))
    for room in rooms:
        room.members.pop(fold(line.nick), None)
        room.shown_events.add_live(event)
    yield event
    yield from registration.reclaim_nick(state, line.nick)


def on_topic(state: ClientState, line: Line) -> Effects:
    """Show a topic change."""
    room = state.open_room(param(line, 0))
    room.topic = param(line, 1)
    yield from deliver(room, TopicChanged(room.name, room.topic, line.nick, line_time(state, line)))


def on_topic_reply(state: ClientState, line: Line) -> Effects:
    """Show the current topic, unless the room is being resumed and its topic is unchanged."""
    room = state.open_room(param(line, 1))
    topic = param(line, 2) if line.command == "332" else ""
    if topic != room.topic or not catch_up.is_resuming(state, room):
        yield from deliver(room, TopicChanged(room.name, topic, "", line_time(state, line)))
    room.topic = topic


def on_topic_author(state: ClientState, line: Line) -> Effects:
    """Ignore the author and time of the topic."""
    yield from ()


def on_names_reply(state: ClientState, line: Line) -> Effects:
    """Collect part of the member list of a room."""
    room = state.open_room(param(line, 2))
    if room.names_reply is None:
        room.names_reply = {}
    for word in param(line, -1).split() if state.may_list_members() else ():
        source = word.lstrip(STATUS_PREFIXES)  # with user and host if userhost-in-names is enabled
        nick, bang, _ = source.partition("!")
        member = room.members.get(fold(nick), ChannelMember(nick))
        member.nick, member.prefix = nick, word[: len(word) - len(source)]
        member.mask = source if bang else member.mask
        room.names_reply[fold(nick)] = member
    yield from ()


def on_end_of_names(state: ClientState, line: Line) -> Effects:
    """Replace the member list with the complete reply; show it if the user requested it."""
    room = state.open_room(param(line, 1))
    names_reply, room.names_reply = room.names_reply or {}, None
    if room.is_joined:
        room.members = names_reply
    requests = state.connection.names_requests
    if fold(room.name) in requests:
        requests.discard(fold(room.name))
        names = sorted((member.prefix + member.nick for member in names_reply.values()), key=str.casefold)
        yield Members(room.name, tuple(names))
    else:
        yield Ignored(line.command)  # for a view that lists the members


def on_invite(state: ClientState, line: Line) -> Effects:
    """Show an invitation."""
    yield Invited(param(line, 1), param(line, 0), line.nick, line_time(state, line))


def on_mode(state: ClientState, line: Line) -> Effects:
    """Show a mode change, and apply it to the members of a room."""
    target, modes = param(line, 0), " ".join(line.params[1:])
    event = ModeChanged(target, modes, line.nick, line_time(state, line))
    room = state.find_room(target)
    if room is None:
        yield event
        return
    _apply_modes(state, room, line.params[1:])
    yield from deliver(room, event)


def _apply_modes(state: ClientState, room: ChannelView, params: list[str]) -> None:
    """Update the status prefixes of members affected by a mode change."""
    prefixes = _prefix_by_mode(state)
    arguments = list(params[1:])
    is_added = True
    for letter in params[0] if params else "":
        if letter in "+-":
            is_added = letter == "+"
        elif letter in prefixes:
            nick = arguments.pop(0) if arguments else ""
            _set_prefix(room, nick, prefixes[letter], is_added)
        elif _takes_argument(state, letter, is_added) and arguments:
            arguments.pop(0)


def _prefix_by_mode(state: ClientState) -> dict[str, str]:
    """Return the status prefixes by mode letter (ISUPPORT PREFIX)."""
    value = state.connection.isupport.get("PREFIX", "(ov)@+")
    match = re.fullmatch(r"\((\w*)\)(\S*)", value)
    return dict(zip(match[1], match[2], strict=False)) if match else {}


def _takes_argument(state: ClientState, letter: str, is_added: bool) -> bool:
    """Return whether a mode letter has an argument (ISUPPORT CHANMODES: A, B and, if added, C)."""
    groups = state.connection.isupport.get("CHANMODES", "b,k,l,imnpst").split(",")
    always = "".join(groups[:2])
    return letter in always or (is_added and letter in "".join(groups[2:3]))


def _set_prefix(room: ChannelView, nick: str, prefix: str, is_added: bool) -> None:
    member = room.members.get(fold(nick))
    if member is None:
        return
    prefixes = set(member.prefix) | {prefix} if is_added else set(member.prefix) - {prefix}
    member.prefix = "".join(sorted(prefixes, key=STATUS_PREFIXES.find))


def on_join_error(state: ClientState, line: Line) -> Effects:
    """Show why we cannot join a room, or why a command about a room was refused."""
    name, room = param(line, 1), state.find_room(param(line, 1))
    is_about_join = state.is_room(name) and (room is not None or line.command != "403")
    if not is_about_join or (room is not None and room.is_joined):
        yield from reply_texts.on_refusal(state, line)
        return
    yield JoinRefused(name, param(line, -1).removeprefix("Cannot join channel: "), line_time(state, line))
    if room is not None:
        yield from catch_up.cancel(state, room)
