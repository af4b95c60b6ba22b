"""Registers the connection: negotiates capabilities, logs in and obtains a nick.

NICK and USER are sent immediately, because a server without capability negotiation waits for them
before it replies. A server with it keeps registration open until CAP END, which is sent after
login, once the server has accepted the nick. If the nick belongs to an account, registration stays
open until the user decides what to do.
"""

from app.client.protocol.effects import Effects
from app.client.protocol.events import (
    LoggedOut,
    NickInvalid,
    NickProblem,
    NickRefused,
    NickUnregistered,
    Notice,
    Phase,
    PhaseChanged,
    Renamed,
)
from app.client.protocol.exchanges import NickRefusal
from app.client.protocol.history import resume, unread
from app.client.protocol.lines import line_time, param, send
from app.client.protocol.login import sasl
from app.client.protocol.login.capabilities import REGISTRATION, wanted_capabilities
from app.client.protocol.model import ClientState
from app.client.protocol.sending import pending
from app.wire.line import Line
from app.wire.names import fold

# Words in the text of ERR_NICKNAMEINUSE that indicate that a nick belongs to an account.
REGISTERED_WORDS = ("regist", "reserved", "account", "password", "identif")


def begin(state: ClientState) -> Effects:
    """Start registration by sending CAP LS, NICK and USER."""
    yield PhaseChanged(Phase.REGISTERING)
    yield send("CAP", "LS", "302")
    yield send("NICK", state.options.nick)
    yield send("USER", _user_name(state.options.nick), "0", "*", state.options.nick)


def _user_name(nick: str) -> str:
    """Return a user name that every server accepts."""
    plain = "".join(character for character in nick if character.isascii() and character.isalnum())
    return plain[:9].lower() or "user"


def on_cap(state: ClientState, line: Line) -> Effects:
    """Handle a CAP reply or notification."""
    names = param(line, -1).split()
    match param(line, 1).upper():
        case "LS":
            yield from _on_offered(state, names, is_last=param(line, 2) != "*")
        case "NEW":
            yield from _on_offered(state, names, is_last=True)
        case "ACK":
            yield from _on_acknowledged(state, names)
        case "NAK":
            yield from _on_refused(state, names)
        case "DEL":
            state.connection.enabled -= set(names)


def _on_offered(state: ClientState, items: list[str], is_last: bool) -> Effects:
    """Record offered capabilities; after the last line, request those that the client supports."""
    connection = state.connection
    connection.offered |= {name: value for name, _, value in (item.partition("=") for item in items)}
    if not is_last:
        return
    connection.has_cap_list = True
    requested = [
        name
        for name in wanted_capabilities(state.options)
        if name in connection.offered and name not in connection.enabled
    ]
    if requested:
        connection.open_cap_requests += 1
        yield send("CAP", "REQ", " ".join(requested))
    else:
        yield from proceed(state)


def _on_acknowledged(state: ClientState, names: list[str]) -> Effects:
    for name in names:
        if name.startswith("-"):
            state.connection.enabled.discard(name[1:])
        else:
            state.connection.enabled.add(name)
    yield from _on_cap_reply(state)


def _on_refused(state: ClientState, names: list[str]) -> Effects:
    """Request each refused capability separately, because a CAP REQ is refused as a whole."""
    if len(names) > 1:
        state.connection.open_cap_requests += len(names)
        for name in names:
            yield send("CAP", "REQ", name)
    yield from _on_cap_reply(state)


def _on_cap_reply(state: ClientState) -> Effects:
    state.connection.open_cap_requests -= 1
    if state.connection.open_cap_requests <= 0:
        yield from proceed(state)


def proceed(state: ClientState) -> Effects:
    """Log in, resolve a refused nick or end the negotiation; wait if the user must decide."""
    connection = state.connection
    if sasl.is_due(state):
        yield from sasl.begin(state)
    elif state.is_online or connection.awaits_user:
        return
    elif connection.nick_refusal:
        yield from _resolve_refusal(state, connection.nick_refusal)
    elif connection.has_cap_list:
        yield from _end_negotiation(state)


def _end_negotiation(state: ClientState) -> Effects:
    if not state.connection.has_sent_cap_end:
        state.connection.has_sent_cap_end = True
        yield send("CAP", "END")


def on_sasl_success(state: ClientState, line: Line) -> Effects:
    """Request the chosen nick again if it was refused before login, then end the negotiation."""
    if state.connection.sasl is None:
        return
    if not state.connection.sasl.has_verified_server:
        yield from sasl.distrust(state)
        return
    yield from sasl.finish(state)
    connection = state.connection
    if not state.is_me(state.options.nick) or connection.nick_refusal:
        yield send("NICK", state.options.nick)
    connection.nick_refusal = None
    connection.awaits_user = False
    if state.is_online:
        yield from unread.request_conversations(state)
    else:
        yield from _end_negotiation(state)


def on_nick_error(state: ClientState, line: Line) -> Effects:
    """Handle a nick that is in use, registered or invalid."""
    connection = state.connection
    if state.is_online:
        text = f"Your nick is still {state.nick}: {param(line, -1)} ({param(line, 1)})"
        yield Notice(text, is_error=True)
        return
    nick = param(line, 1) or state.options.nick
    connection.nick_refusal = NickRefusal(nick, param(line, -1), line.command)
    if not sasl.is_possible(state):  # logging in first may make the nick available
        yield from _resolve_refusal(state, connection.nick_refusal)


def on_cap_unknown(state: ClientState) -> Effects:
    """Register without capabilities, because the server does not know CAP."""
    state.connection.is_without_cap = True
    yield from proceed(state)


def _resolve_refusal(state: ClientState, refusal: NickRefusal) -> Effects:
    """Ask the user about a refused nick that they chose; otherwise try another nick."""
    connection = state.connection
    problem = _classify(refusal)
    if not state.options.has_chosen_nick or connection.nick_attempts:
        yield from try_next_nick(state)
    elif problem is NickProblem.INVALID:
        text = f"{refusal.nick}: {refusal.reason}. Trying a similar name."
        yield NickInvalid(text, is_error=True, nick=refusal.nick, reason=refusal.reason)
        yield from try_next_nick(state)
    else:
        connection.awaits_user = True
        yield NickRefused(refusal.nick, refusal.reason, problem, may_log_in="sasl" in connection.offered)


def _classify(refusal: NickRefusal) -> NickProblem:
    """Return why a nick was refused; whether it is registered is known only from the text."""
    if refusal.numeric == "432":
        return NickProblem.INVALID
    if any(word in refusal.reason.lower() for word in REGISTERED_WORDS):
        return NickProblem.REGISTERED
    return NickProblem.TAKEN


def try_next_nick(state: ClientState) -> Effects:
    """Request the chosen nick with a number appended; after nine attempts, a guest nick."""
    connection = state.connection
    connection.nick_attempts += 1
    connection.nick_refusal = None
    connection.awaits_user = False
    stem = "guest" if connection.nick_attempts > 9 else state.options.nick
    yield send("NICK", f"{stem}{connection.nick_attempts + 1}")
    if connection.has_cap_list and not connection.open_cap_requests:
        yield from _end_negotiation(state)


def on_welcome(state: ClientState, line: Line) -> Effects:
    """Complete registration: join the rooms."""
    state.connection.phase = Phase.ONLINE
    state.connection.nick = param(line, 0)
    state.connection.awaits_user = False
    yield PhaseChanged(Phase.ONLINE, state.nick)
    yield from resume.rejoin_rooms(state)
    yield from unread.request_conversations(state)
    yield from pending.flush(state)
    if state.options.has_chosen_nick and not state.has_been_online and _is_unregistered(state):
        yield NickUnregistered(state.nick, may_register=state.has(REGISTRATION))
    state.has_been_online = True


def _is_unregistered(state: ClientState) -> bool:
    """Return whether we have the chosen nick without being logged in."""
    return not state.connection.account and state.is_me(state.options.nick)


def on_server_info(state: ClientState, line: Line) -> Effects:
    """Record the version of the server (RPL_MYINFO)."""
    state.connection.version = param(line, 2)
    yield from ()


def on_isupport(state: ClientState, line: Line) -> Effects:
    """Record the tokens of RPL_ISUPPORT."""
    for token in line.params[1:-1]:
        name, _, value = token.partition("=")
        state.connection.isupport[name] = value
    yield from ()


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


def on_logged_out(state: ClientState, line: Line) -> Effects:
    """Record that this connection is no longer logged in."""
    state.connection.account = ""
    yield LoggedOut()
