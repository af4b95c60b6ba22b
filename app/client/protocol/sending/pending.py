"""Tracks our own messages until the server has confirmed them.

A message is *queued* until it can be sent, then *sent* until it is confirmed. With `echo-message`,
the echo confirms it; it is matched by its label or, without labels, by its text. Servers without it
send no confirmation, so a PING follows the message as a fence: its PONG proves that the server
received everything sent before. When the connection is lost, unconfirmed messages are *in doubt*;
see `send_queue`.
"""

from collections.abc import Iterator

from app.client.protocol.effects import Effects, Send
from app.client.protocol.events import Message, SendFailed, Sending, Stored, TypingState
from app.client.protocol.lines import param, send
from app.client.protocol.model import ClientState, Delivery, PendingMessage
from app.client.protocol.sending import multiline
from app.wire import ctcp
from app.wire.line import Line
from app.wire.names import Key, fold
from app.wire.numbers import parse_number

MAX_FAILED_MESSAGES = 1_000  # kept for /resend; the oldest is dropped
MESSAGE_COMMANDS = ("PRIVMSG", "BATCH", "*")  # to which the FAIL of a message refers
MAX_CONFIRMED_MSGIDS = 1_000  # remembered; more of our echoes are not held at a time
MAX_FLUSHED_MESSAGES = 10  # unconfirmed at a time, so that a server does not take a long queue for a flood


def flush(state: ClientState) -> Effects:
    """Send queued messages, in order, as far as their targets and the server are ready."""
    blocked: set[Key] = set()
    window = MAX_FLUSHED_MESSAGES - sum(sent.delivery is Delivery.SENT for sent in state.pending.values())
    for message in list(state.pending.values()):
        if window <= 0:
            return
        if message.delivery is Delivery.SENT or fold(message.target) in blocked:
            continue
        if message.delivery is Delivery.QUEUED and _is_ready(state, message.target):
            window -= 1
            yield from transmit(state, message)
        else:
            blocked.add(fold(message.target))


def is_next(state: ClientState, message: PendingMessage) -> bool:
    """Return whether a message can be sent now, without overtaking another one to its target."""
    waiting = (pending for pending in state.pending.values() if pending.delivery is not Delivery.SENT)
    first = next((pending for pending in waiting if fold(pending.target) == fold(message.target)), message)
    return first is message and _is_ready(state, message.target)


def _is_ready(state: ClientState, target: str) -> bool:
    """Return whether we are online and, if we are about to join the target, in it."""
    room = state.find_room(target)
    is_joining = room is not None and not room.is_direct and room.must_rejoin and not room.is_joined
    return state.is_online and not is_joining


def transmit(state: ClientState, message: PendingMessage) -> Effects:
    """Send a message that was queued."""
    message.delivery, message.nick = Delivery.SENT, state.nick
    if typing := state.connection.typing_sent.get(fold(message.target)):
        typing.state = TypingState.DONE  # its recipients know that from the message
    yield from _to_lines(state, message)
    if state.has("echo-message"):
        yield Sending(message.number, message.target, message.text, message.reply_to)
    else:
        yield from _show_unechoed(state, message)


def _to_lines(state: ClientState, message: PendingMessage) -> Iterator[Send]:
    label = str(message.number) if state.has("labeled-response") else ""
    reply_to = message.reply_to if state.has("message-tags") else ""
    tags = {"label": label, "+draft/reply": reply_to}
    if "\n" in message.text and state.has(multiline.CAPABILITY):
        yield from multiline.format_lines(state, message, tags)
    else:
        text = f"{ctcp.ACTION}{message.text}{ctcp.DELIMITER}" if message.is_action else message.text
        yield send("PRIVMSG", message.target, text, tags=tags)


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
        reply_to=message.reply_to,
    )
    if not state.connection.ping_fence:
        yield _send_fence(state, message.number)


def _send_fence(state: ClientState, number: int) -> Send:
    state.connection.ping_fence = number
    return send("PING", f"line-{number}")


def on_pong(state: ClientState, line: Line) -> Effects:
    """Confirm all messages sent before the fence; send another fence if later ones are pending."""
    prefix, _, number = param(line, -1).partition("-")
    if prefix != "line" or number != str(state.connection.ping_fence):
        return
    sent = [message for message in state.pending.values() if message.delivery is Delivery.SENT]
    for message in sent:
        if message.number <= int(number):
            del state.pending[message.number]
            yield Stored(message.number)
    state.connection.ping_fence = 0
    unconfirmed = [message.number for message in sent if message.number > int(number)]
    if unconfirmed:
        yield _send_fence(state, max(unconfirmed))
    yield from flush(state)


def confirm(state: ClientState, message: Message, label: str) -> Effects:
    """Confirm the pending or failed message that a received message echoes, if any.

    Each received message confirms one of ours: an echo that was held when the connection was lost
    is received again from the history, where it must not be taken for another one with its text.
    """
    if message.msgid in state.confirmed_msgids:
        return
    original = _find_by_label(state, label) or _find_by_text(state, message)
    if original is not None:
        _remember_confirmed(state, message.msgid)
        state.pending.pop(original.number, None)
        state.failed.pop(original.number, None)
        yield Stored(original.number)
        yield from flush(state)


def _remember_confirmed(state: ClientState, msgid: str) -> None:
    if msgid:
        state.confirmed_msgids[msgid] = None
    if len(state.confirmed_msgids) > MAX_CONFIRMED_MSGIDS:
        state.confirmed_msgids.popitem(last=False)


def _find_by_label(state: ClientState, label: str) -> PendingMessage | None:
    number = parse_number(label)
    return None if number is None else state.pending.get(number)


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
    if message.delivery is Delivery.SENT and message.number in state.pending:
        return not state.has("labeled-response")
    return message.delivery is Delivery.IN_DOUBT


def refuse(state: ClientState, line: Line) -> Effects:
    """Fail the sent message to which an error reply refers, if any."""
    refused = _find_refused(state, line)
    if refused is not None:
        yield from fail(state, refused, param(line, -1))
        yield from flush(state)


def _find_refused(state: ClientState, line: Line) -> PendingMessage | None:
    """Return the message to which an error refers by label or, without labels, by target."""
    label = line.tags.get("label", "")
    if state.has("labeled-response"):
        return _find_by_label(state, label)
    if line.command == "FAIL" and param(line, 0) not in MESSAGE_COMMANDS:
        return None
    targets = {fold(word) for word in line.params[1:-1] if word}
    sent = (message for message in state.pending.values() if message.delivery is Delivery.SENT)
    return next((message for message in sent if fold(message.target) in targets), None)


def fail(state: ClientState, message: PendingMessage, reason: str) -> Effects:
    """Keep a message that was not stored for /resend, and show the reason."""
    state.pending.pop(message.number, None)
    message.reason = reason
    state.failed[message.number] = message
    if len(state.failed) > MAX_FAILED_MESSAGES:
        del state.failed[next(iter(state.failed))]
    yield SendFailed(message.number, message.target, message.text, reason, message.reply_to)


def on_ping(state: ClientState, line: Line) -> Effects:
    """Answer a PING."""
    yield send("PONG", *line.params)
