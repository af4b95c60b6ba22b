"""Lines of one's own, from the moment they are sent until the server has confirmed them.

With `echo-message` the echo confirms, found by its label or else by its text. A server without it confirms
nothing, so a PING is sent behind and its PONG is the fence: what was sent before has been taken. When a
connection is lost, what was not confirmed is in doubt; the missed messages then show whether the server had
stored it. Nothing is ever sent a second time by itself.
"""

from app.client.protocol.dispatch import on, param, send
from app.client.protocol.effects import Effects, Send
from app.client.protocol.events import Message, Notice, Queued, SendFailed, Stored
from app.client.protocol.model import ClientState, PendingMessage
from app.client.protocol.splitting import pieces, room_for_text
from app.wire import ctcp
from app.wire.framing import MAX_LINE_BYTES
from app.wire.line import Line
from app.wire.names import fold

MAX_PENDING = 500  # unconfirmed lines; past it a line fails at once
MAX_FAILED = 1_000  # failed lines kept for sending again; the oldest is forgotten first
ACTION_BYTES = len(ctcp.ACTION + ctcp.DELIMITER)
LOST = "the connection was lost before the server confirmed it"


def say(state: ClientState, target: str, text: str, is_action: bool = False) -> Effects:
    """Send a text, in as many lines as it needs."""
    line_bytes = max(MAX_LINE_BYTES, state.connection.limit("LINELEN"))
    fitting = room_for_text(state.nick, state.connection.mask, target, line_bytes)
    limit = min(fitting - ACTION_BYTES * is_action, state.options.buffer)
    for piece in pieces(text, limit):
        state.last_number += 1
        line = PendingMessage(state.last_number, target, piece, is_action, state.nick)
        yield from _send(state, line)


def keep(state: ClientState, target: str, text: str, reason: str) -> Effects:
    """Keep a text that cannot be sent now, so that it is not lost."""
    state.last_number += 1
    yield _fail(state, PendingMessage(state.last_number, target, text, False, state.nick), reason)


def _send(state: ClientState, line: PendingMessage) -> Effects:
    """Send one line and wait for its confirmation."""
    if not state.is_online:
        yield _fail(state, line, "there is no connection")
        return
    if len(state.pending) >= MAX_PENDING:
        yield _fail(state, line, "too many lines are waiting for the server")
        return
    state.pending[line.number] = line
    yield _wire(state, line)
    if state.has("echo-message"):
        yield Queued(line.number, line.target, line.text)
    else:
        yield from _show_at_once(state, line)


def _wire(state: ClientState, line: PendingMessage) -> Send:
    """Return the line as it is sent."""
    text = f"{ctcp.ACTION}{line.text}{ctcp.DELIMITER}" if line.is_action else line.text
    label = str(line.number) if state.has("labeled-response") else ""
    return send("PRIVMSG", line.target, text, label=label)


def _show_at_once(state: ClientState, line: PendingMessage) -> Effects:
    """Show a line that will not be echoed, and set a fence behind it."""
    yield Message(
        line.target,
        state.nick,
        line.text,
        state.now,
        True,
        line.is_action,
        is_direct=not state.is_room(line.target),
    )
    if not state.connection.fence:
        yield _fence(state)


def _fence(state: ClientState) -> Send:
    """Ask for a sign that everything sent so far has been taken."""
    state.connection.fence = state.last_number
    return send("PING", f"line-{state.connection.fence}")


@on("PONG")
def fence_reached(state: ClientState, line: Line) -> Effects:
    """Everything sent before the fence is confirmed; what was sent since gets a fence of its own."""
    prefix, _, number = param(line, -1).partition("-")
    if prefix != "line" or number != str(state.connection.fence):
        return
    for known in [known for known in state.pending if known <= int(number)]:
        del state.pending[known]
        yield Stored(known)
    state.connection.fence = 0
    if state.pending:
        yield _fence(state)


def confirm(state: ClientState, message: Message, label: str) -> Effects:
    """A message of our own came back: the line it was is stored."""
    known = state.pending.get(int(label)) if label.isdecimal() else None
    known = known or _find_same(state, message)
    if known is not None:
        state.pending.pop(known.number, None)
        state.failed.pop(known.number, None)
        yield Stored(known.number)


def _find_same(state: ClientState, message: Message) -> PendingMessage | None:
    """Find the oldest line that a message could be: waiting, or given up after a lost connection."""
    for line in [*state.pending.values(), *state.failed.values()]:
        if not _may_be_nameless(state, line):
            continue
        is_author = fold(line.nick) == fold(message.author)
        if is_author and line.is_same(message.room, message.text, message.is_action):
            return line
    return None


def _may_be_nameless(state: ClientState, line: PendingMessage) -> bool:
    """Whether a line may come back without its label: when it is in doubt, or when there are no labels."""
    return line.is_doubtful or (line.number in state.pending and not state.has("labeled-response"))


def refuse(state: ClientState, line: Line) -> Effects:
    """The server refused something; yields only when that was a line of our own."""
    known = _find_refused(state, line)
    if known is not None:
        del state.pending[known.number]
        yield _fail(state, known, param(line, -1))


def _find_refused(state: ClientState, line: Line) -> PendingMessage | None:
    """Find the line that an error is about: by its label, else the oldest to the target it names."""
    label = line.tags.get("label", "")
    if state.has("labeled-response"):
        return state.pending.get(int(label)) if label.isdecimal() else None
    targets = {fold(word) for word in line.params[1:-1] if word}
    return next((known for known in state.pending.values() if fold(known.target) in targets), None)


def _fail(state: ClientState, line: PendingMessage, reason: str) -> SendFailed:
    """Keep a line that was not stored, so that it can be sent again."""
    line.reason = reason
    state.failed[line.number] = line
    if len(state.failed) > MAX_FAILED:
        del state.failed[next(iter(state.failed))]
    return SendFailed(line.number, line.target, line.text, reason)


def doubt(state: ClientState) -> None:
    """The connection is lost: nobody knows yet which of the waiting lines were stored."""
    for line in state.pending.values():
        line.is_doubtful = True


def give_up(state: ClientState, target: str | None = None) -> Effects:
    """What is still in doubt, for one target or all, counts as not stored."""
    for line in [line for line in state.pending.values() if line.is_doubtful]:
        if target is None or fold(line.target) == fold(target):
            del state.pending[line.number]
            yield _fail(state, line, LOST)


def doubtful_targets(state: ClientState) -> list[str]:
    """Return where the lines in doubt were sent to."""
    return list(dict.fromkeys(line.target for line in state.pending.values() if line.is_doubtful))


def resend(state: ClientState, number: int | None) -> Effects:
    """Send a failed line again, or all of them."""
    numbers = list(state.failed) if number is None else [number]
    for chosen in numbers:
        line = state.failed.pop(chosen, None)
        if line is None:
            yield Notice(f"There is no failed line {chosen}.", is_error=True)
        else:
            yield from say(state, line.target, line.text, line.is_action)


@on("PING")
def ping(state: ClientState, line: Line) -> Effects:
    """Show the server that we are alive."""
    yield send("PONG", *line.params)
