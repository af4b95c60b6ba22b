"""Changes of nicks, ours and those of others."""

from app.client.protocol.effects import Effects
from app.client.protocol.events import Renamed
from app.client.protocol.lines import line_time, param, send
from app.client.protocol.model import ClientState
from app.wire.line import Line
from app.wire.names import fold


def on_nick(state: ClientState, line: Line) -> Effects:
    """Show a nick change; if another user released the chosen nick, reclaim it."""
    old, new = line.nick, param(line, 0)
    is_mine = state.is_me(old)
    if is_mine:
        state.connection.nick = new
    event = Renamed(old, new, line_time(state, line), is_mine)
    for room in state.rooms_of(old):
        room.shown_events.add_live(event)
        member = room.members.pop(fold(old))
        member.nick = new
        member.mask = f"{new}!{member.mask.partition('!')[2]}" if member.mask else ""
        room.members[fold(new)] = member
    yield event
    if not is_mine:
        yield from reclaim_nick(state, old)


def reclaim_nick(state: ClientState, released: str) -> Effects:
    """Request the chosen nick if another user has just released it."""
    if not state.is_me(released) and fold(released) == fold(state.options.nick):
        yield send("NICK", state.options.nick)
