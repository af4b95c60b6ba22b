"""Becoming known to a server: capabilities, nick, welcome.

NICK and USER are sent at once, because a server without capabilities waits for them before it answers
anything. A server with capabilities keeps registration open until CAP END, which is sent when log-in is
done and the nick is ours. When the nick belongs to an account, registration stays open until the user has
decided.
"""

from app.client.protocol import resume, sasl
from app.client.protocol.dispatch import moment, on, param, send
from app.client.protocol.effects import Effects
from app.client.protocol.events import (
    LoggedOut,
    NickFree,
    NickRefused,
    Notice,
    Phase,
    Renamed,
    StateChanged,
    Trouble,
)
from app.client.protocol.model import ClientState, PendingRefusal
from app.wire.line import Line
from app.wire.names import fold

REGISTRATION = "draft/account-registration"
WANTED = (
    "server-time",
    "message-tags",
    "echo-message",
    "batch",
    "labeled-response",
    "multi-prefix",
    "sasl",
    "account-tag",
    "account-notify",
    "extended-join",
    "away-notify",
    "cap-notify",
    "draft/chathistory",
    REGISTRATION,
    "soju.im/search",
    "standard-replies",
)
REGISTERED_MARKS = ("regist", "reserved", "account", "password", "identif")


def introduce(state: ClientState) -> Effects:
    """Open the conversation with a server."""
    yield StateChanged(Phase.REGISTERING)
    yield send("CAP", "LS", "302")
    yield send("NICK", state.options.nick)
    yield send("USER", _user_name(state.options.nick), "0", "*", state.options.nick)


def _user_name(nick: str) -> str:
    """Return a user name that every server accepts."""
    plain = "".join(character for character in nick if character.isascii() and character.isalnum())
    return plain[:9].lower() or "user"


@on("CAP")
def capability(state: ClientState, line: Line) -> Effects:
    """Negotiate capabilities."""
    listed = param(line, -1).split()
    match param(line, 1).upper():
        case "LS":
            yield from _offered(state, listed, is_last=param(line, 2) != "*")
        case "NEW":
            yield from _offered(state, listed, is_last=True)
        case "ACK":
            yield from _acknowledged(state, listed)
        case "NAK":
            yield from _refused(state, listed)
        case "DEL":
            state.connection.enabled -= set(listed)


def _offered(state: ClientState, listed: list[str], is_last: bool) -> Effects:
    """Ask for what is offered and useful."""
    connection = state.connection
    connection.offered |= {name: value for name, _, value in (item.partition("=") for item in listed)}
    if not is_last:
        return
    connection.has_listed = True
    wanted = [name for name in WANTED if name in connection.offered and name not in connection.enabled]
    if wanted:
        connection.outstanding += 1
        yield send("CAP", "REQ", " ".join(wanted))
    else:
        yield from settle(state)


def _acknowledged(state: ClientState, listed: list[str]) -> Effects:
    """Note what is in force; with everything answered go on."""
    for name in listed:
        if name.startswith("-"):
            state.connection.enabled.discard(name[1:])
        else:
            state.connection.enabled.add(name)
    yield from _answered(state)


def _refused(state: ClientState, listed: list[str]) -> Effects:
    """A request is refused as a whole: ask one by one."""
    if len(listed) > 1:
        state.connection.outstanding += len(listed)
        for name in listed:
            yield send("CAP", "REQ", name)
    yield from _answered(state)


def _answered(state: ClientState) -> Effects:
    """Count one answer; after the last one go on."""
    state.connection.outstanding -= 1
    if state.connection.outstanding <= 0:
        yield from settle(state)


def settle(state: ClientState) -> Effects:
    """Log in if that is wished and possible; else end the negotiation unless the user must decide first."""
    connection = state.connection
    if sasl.is_due(state):
        yield from sasl.begin(state)
    elif state.is_online or connection.is_undecided:
        return
    elif connection.refusal:
        yield from _decide_nick(state, connection.refusal)
    elif connection.has_listed:
        yield from _end(state)


def _end(state: ClientState) -> Effects:
    """Say once that the negotiation is over."""
    if not state.connection.is_ended:
        state.connection.is_ended = True
        yield send("CAP", "END")


@on("903")
def logged_in(state: ClientState, line: Line) -> Effects:
    """Log-in is done: take the nick that was refused before, then end the negotiation."""
    if state.connection.exchange is None:
        return
    yield from sasl.finish(state)
    connection = state.connection
    if not state.is_me(state.options.nick) or connection.refusal:
        yield send("NICK", state.options.nick)
    connection.refusal = None
    connection.is_undecided = False
    if not state.is_online:
        yield from _end(state)


@on("432", "433", "436", "437")
def nick_refused(state: ClientState, line: Line) -> Effects:
    """The nick is taken, registered or impossible."""
    connection = state.connection
    if state.is_online:
        yield Notice(f"You stay {state.nick}: {param(line, -1)} ({param(line, 1)})", is_error=True)
        return
    connection.refusal = PendingRefusal(param(line, 1) or state.options.nick, param(line, -1), line.command)
    if not sasl.is_possible(state):  # log-in comes first; it may make the nick ours
        yield from _decide_nick(state, connection.refusal)


def without_capabilities(state: ClientState) -> Effects:
    """The server does not know CAP: go on as it was before there were capabilities."""
    state.connection.is_plain = True
    yield from settle(state)


def _decide_nick(state: ClientState, refusal: PendingRefusal) -> Effects:
    """Ask the user about a name that was wished for, else try the next one."""
    connection = state.connection
    trouble = _trouble(refusal)
    if not state.options.is_named or connection.attempts:
        yield from try_next_nick(state)
    elif trouble is Trouble.INVALID:
        yield Notice(f"{refusal.nick}: {refusal.reason}. Trying a similar name.", is_error=True)
        yield from try_next_nick(state)
    else:
        connection.is_undecided = True
        yield NickRefused(refusal.nick, refusal.reason, trouble, may_log_in="sasl" in connection.offered)


def _trouble(refusal: PendingRefusal) -> Trouble:
    """Read from a refusal whether the name belongs to an account; only the text of the server tells."""
    if refusal.numeric == "432":
        return Trouble.INVALID
    if any(mark in refusal.reason.lower() for mark in REGISTERED_MARKS):
        return Trouble.REGISTERED
    return Trouble.TAKEN


def try_next_nick(state: ClientState) -> Effects:
    """Ask for the wished nick with a number behind it."""
    connection = state.connection
    connection.attempts += 1
    connection.refusal = None
    connection.is_undecided = False
    stem = "guest" if connection.attempts > 9 else state.options.nick
    yield send("NICK", f"{stem}{connection.attempts + 1}")
    if connection.has_listed and not connection.outstanding:
        yield from _end(state)


@on("001")
def welcome(state: ClientState, line: Line) -> Effects:
    """The server knows us: enter the rooms."""
    state.connection.phase = Phase.ONLINE
    state.connection.nick = param(line, 0)
    state.connection.is_undecided = False
    yield StateChanged(Phase.ONLINE, state.nick)
    yield from resume.return_to_rooms(state)
    if state.options.is_named and not state.has_been_online and _is_free(state):
        yield NickFree(state.nick, may_register=state.has(REGISTRATION))
    state.has_been_online = True


def _is_free(state: ClientState) -> bool:
    """Whether our nick is the wished one and no account's."""
    return not state.connection.account and state.is_me(state.options.nick)


@on("005")
def supported(state: ClientState, line: Line) -> Effects:
    """Note what the server says about itself."""
    for token in line.params[1:-1]:
        name, _, value = token.partition("=")
        state.connection.isupport[name] = value
    yield from ()


@on("NICK")
def renamed(state: ClientState, line: Line) -> Effects:
    """Somebody changes the nick; when ours is free again, take it back."""
    old, new = line.nick, param(line, 0)
    is_mine = state.is_me(old)
    if is_mine:
        state.connection.nick = new
    resume.rename(state, old, new)
    yield Renamed(old, new, moment(state, line), is_mine)
    if not is_mine:
        yield from reclaim(state, old)


def reclaim(state: ClientState, freed: str) -> Effects:
    """Take the wished nick when somebody has just given it up."""
    if not state.is_me(freed) and fold(freed) == fold(state.options.nick):
        yield send("NICK", state.options.nick)


@on("901")
def logged_out(state: ClientState, line: Line) -> Effects:
    """The server took the account off this connection."""
    state.connection.account = ""
    yield LoggedOut()
