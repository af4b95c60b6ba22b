"""Tracks our own messages until the server has confirmed them.

With `echo-message`, the echo confirms a message; it is matched by its label or, without labels, by
its text. Servers without it send no confirmation, so a PING follows the message as a fence: its
PONG proves that the server received everything sent before. When the connection is lost,
unconfirmed messages are in doubt until the missed messages show whether the server stored them.
Messages are never resent automatically.
"""

from app.client.protocol.effects import Effects, Send
from app.client.protocol.events import Message, Notice, Queued, SendFailed, Stored
from app.client.protocol.lines import param, send
from app.client.protocol.model import ClientState, PendingMessage
from app.client.protocol.splitting import max_text_bytes
from app.text.graphemes import split_text
from app.wire import ctcp
from app.wire.framing import MAX_LINE_BYTES
from app.wire.line import Line
from app.wire.names import fold

MAX_PENDING_MESSAGES = 500  # at the limit, further messages fail immediately
MAX_FAILED_MESSAGES = 1_000  # kept for /resend; the oldest is dropped
ACTION_BYTES = len(ctcp.ACTION + ctcp.DELIMITER)
CONNECTION_LOST = "the connection was lost before the server confirmed it"


def send_message(state: ClientState, target: str, text: str, is_action: bool = False) -> Effects:
    """Send a text, split into several messages if it is too long for one."""
    line_bytes = max(MAX_LINE_BYTES, state.connection.isupport_number("LINELEN"))
    available = max_text_bytes(state.nick, state.connection.mask, target, line_bytes)
    limit = min(available - ACTION_BYTES * is_action, state.options.max_text_bytes)
    for part in split_text(text, limit):
        state.last_number += 1
        yield from _send(state, PendingMessage(state.last_number, target, part, is_action, state.nick))


def keep_unsent(state: ClientState, target: str, text: str, reason: str) -> Effects:
    """Keep a text that cannot be sent now, so that the user can resend it."""
    state.last_number += 1
    yield _fail(state, PendingMessage(state.last_number, target, text, False, state.nick), reason)


def _send(state: ClientState, message: PendingMessage) -> Effects:
    if not state.is_online:
        yield _fail(state, message, "not connected")
        return
    if len(state.pending) >= MAX_PENDING_MESSAGES:
        yield _fail(state, message, "too many messages are waiting for the server")
        return
    state.pending[message.number] = message
    yield _to_line(state, message)
    if state.has("echo-message"):
        yield Queued(message.number, message.target, message.text)
    else:
        yield from _show_unechoed(state, message)


def _to_line(state: ClientState, message: PendingMessage) -> Send:
    text = f"{ctcp.ACTION}{message.text}{ctcp.DELIMITER}" if message.is_action else message.text
    label = str(message.number) if state.has("labeled-response") else ""
    return send("PRIVMSG", message.target, text, label=label)


def _show_unechoed(state: ClientState, message: PendingMessage) -> Effects:
    """Show a message that will not be echoed, and send a fence after it."""
    yield Message(
        message.target,
        state.nick,
        message.text,
        state.now,
        True,
        message.is_action,
        is_direct=not state.is_room(message.target),
    )
    if not state.connection.ping_fence:
        yield _send_fence(state)


def _send_fence(state: ClientState) -> Send:
    state.connection.ping_fence = state.last_number
    return send("PING", f"line-{state.connection.ping_fence}")


def on_pong(state: ClientState, line: Line) -> Effects:
    """Confirm all messages sent before the fence; send another fence if later ones are pending."""
    prefix, _, number = param(line, -1).partition("-")
    if prefix != "line" or number != str(state.connection.ping_fence):
        return
    for confirmed in [pending for pending in state.pending if pending <= int(number)]:
        del state.pending[confirmed]
        yield Stored(confirmed)
    state.connection.ping_fence = 0
    if state.pending:
        yield _send_fence(state)


def confirm(state: ClientState, message: Message, label: str) -> Effects:
    """Confirm the pending or failed message that a received message echoes, if any."""
    original = state.pending.get(int(label)) if label.isdecimal() else None
    original = original or _find_by_text(state, message)
    if original is not None:
        state.pending.pop(original.number, None)
        state.failed.pop(original.number, None)
        yield Stored(original.number)


def _find_by_text(state: ClientState, message: Message) -> PendingMessage | None:
    """Return the oldest unconfirmed message that a received message may echo, or None."""
    for candidate in [*state.pending.values(), *state.failed.values()]:
        if not _may_lack_label(state, candidate):
            continue
        is_author = fold(candidate.nick) == fold(message.author)
        if is_author and candidate.matches(message.room, message.text, message.is_action):
            return candidate
    return None


def _may_lack_label(state: ClientState, message: PendingMessage) -> bool:
    """Return whether an echo may lack its label: it is in history, or the server has no labels."""
    is_pending = message.number in state.pending
    return message.is_in_doubt or (is_pending and not state.has("labeled-response"))


def refuse(state: ClientState, line: Line) -> Effects:
    """Fail the pending message to which an error reply refers, if any."""
    refused = _find_refused(state, line)
    if refused is not None:
        del state.pending[refused.number]
        yield _fail(state, refused, param(line, -1))


def _find_refused(state: ClientState, line: Line) -> PendingMessage | None:
    """Return the message to which an error refers by label or, without labels, by target."""
    label = line.tags.get("label", "")
    if state.has("labeled-response"):
        return state.pending.get(int(label)) if label.isdecimal() else None
    targets = {fold(word) for word in line.params[1:-1] if word}
    return next((message for message in state.pending.values() if fold(message.target) in targets), None)


def _fail(state: ClientState, message: PendingMessage, reason: str) -> SendFailed:
    """Keep a message that was not stored for /resend, and return the event to show."""
    message.reason = reason
    state.failed[message.number] = message
    if len(state.failed) > MAX_FAILED_MESSAGES:
        del state.failed[next(iter(state.failed))]
    return SendFailed(message.number, message.target, message.text, reason)


def mark_in_doubt(state: ClientState) -> None:
    """Mark all pending messages as in doubt, because the connection was lost."""
    for message in state.pending.values():
        message.is_in_doubt = True


def fail_in_doubt(state: ClientState, target: str | None = None) -> Effects:
    """Fail the messages still in doubt, or only those to one target."""
    for message in [message for message in state.pending.values() if message.is_in_doubt]:
        if target is None or fold(message.target) == fold(target):
            del state.pending[message.number]
            yield _fail(state, message, CONNECTION_LOST)


def in_doubt_targets(state: ClientState) -> list[str]:
    """Return the targets of the messages in doubt."""
    return list(dict.fromkeys(message.target for message in state.pending.values() if message.is_in_doubt))


def resend(state: ClientState, number: int | None) -> Effects:
    """Resend the failed message with this number, or all failed messages if it is None."""
    numbers = list(state.failed) if number is None else [number]
    for failed_number in numbers:
        message = state.failed.pop(failed_number, None)
        if message is None:
            yield Notice(f"There is no unsent message {failed_number}.", is_error=True)
        else:
            yield from send_message(state, message.target, message.text, message.is_action)


def on_ping(state: ClientState, line: Line) -> Effects:
    """Answer a PING."""
    yield send("PONG", *line.params)
