"""The away state of members.

With `away-notify`, the server reports every change, but not the state when we join. A view requests
that with WHO when it first shows a room; its reply is not shown as a table.
"""

from app.client.protocol.channel_view import ChannelView
from app.client.protocol.effects import Effects
from app.client.protocol.events import AwayChanged, Notice
from app.client.protocol.lines import line_time, param, send
from app.client.protocol.model import ClientState
from app.client.protocol.replies import reply_texts
from app.wire.line import Line
from app.wire.names import fold

MAX_MEMBERS = 200  # of a room whose away states are requested; the reply has a line for each
WHOX_TOKEN = "742"  # marks the replies to our own request


def request_away(state: ClientState, name: str) -> Effects:
    """Request the away states of a room's members, once after each JOIN.

    `AwayReceived` follows. Nothing is requested in a large room, or if changes are not reported.
    """
    room, connection = state.find_room(name), state.connection
    if room is None or not _is_worthwhile(state, room):
        return
    connection.away_known.add(fold(name))
    connection.away_requests.add(fold(name))
    yield send("WHO", room.name, *([f"%tcnf,{WHOX_TOKEN}"] if _has_whox(state) else []))


def _is_worthwhile(state: ClientState, room: ChannelView) -> bool:
    is_new = fold(room.name) not in state.connection.away_known
    return room.is_joined and is_new and state.has("away-notify") and len(room.members) <= MAX_MEMBERS


def _has_whox(state: ClientState) -> bool:
    return "WHOX" in state.connection.isupport


def on_whox_reply(state: ClientState, line: Line) -> Effects:
    """Record the away state in a reply to our request; show any other one (RPL_WHOSPCRPL)."""
    if param(line, 1) == WHOX_TOKEN:
        set_away_by_flags(state, param(line, 2), param(line, 3), param(line, 4))
    else:
        yield Notice(reply_texts.describe(line), at=line_time(state, line))


def set_away_by_flags(state: ClientState, name: str, nick: str, flags: str) -> None:
    """Record the away state of a member by the flags of a WHO reply: G is away, H is here."""
    room = state.find_room(name)
    member = room.members.get(fold(nick)) if room else None
    if member is not None:
        member.is_away = flags.startswith("G")


def is_requested(state: ClientState, name: str) -> bool:
    """Return whether a line of a WHO reply belongs to our request rather than to the user's."""
    return fold(name) in state.connection.away_requests and not _has_whox(state)


def finish_request(state: ClientState, name: str) -> bool:
    """Return whether the end of a WHO reply belongs to our request, and end that."""
    is_ours = fold(name) in state.connection.away_requests
    state.connection.away_requests.discard(fold(name))
    return is_ours


def on_try_again(state: ClientState, line: Line) -> Effects:
    """Give up our requests if the server refuses WHO for now; show other refusals."""
    requests = state.connection.away_requests
    if param(line, 1).upper() == "WHO" and requests:
        state.connection.away_known -= requests
        requests.clear()
    else:
        yield Notice(reply_texts.describe(line), at=line_time(state, line))


def on_away(state: ClientState, line: Line) -> Effects:
    """Show that a user is away or back (IRCv3 away-notify)."""
    yield from _change(state, line.nick, param(line, 0), line)


def on_away_reply(state: ClientState, line: Line) -> Effects:
    """Show that the recipient of a message is away."""
    yield from _change(state, param(line, 1), param(line, 2), line)


def _change(state: ClientState, nick: str, reason: str, line: Line) -> Effects:
    set_away(state, nick, is_away=bool(reason))
    yield AwayChanged(nick, reason, line_time(state, line))


def on_own_away(state: ClientState, line: Line) -> Effects:
    """Show that our own away status changed (RPL_NOWAWAY or RPL_UNAWAY)."""
    set_away(state, state.nick, is_away=line.command == "306")
    yield Notice(param(line, -1))


def set_away(state: ClientState, nick: str, is_away: bool) -> None:
    """Record the away state of a user in every room."""
    for room in state.rooms_of(nick):
        room.members[fold(nick)].is_away = is_away
