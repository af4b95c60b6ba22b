"""Queues messages that cannot be sent yet, and settles those left unconfirmed by an outage.

A message typed during an outage, or before its room has been joined, waits in the queue. It is sent
after the reconnect, in order, once its room has been rejoined. A message that was sent but not
confirmed before the outage is looked up in the history first. If it is there, it was stored;
otherwise it is sent again, before those behind it. It is not sent again if the history could not be
read or if our nick has changed: then the old connection may still deliver it, and only the user can
decide (/resend).
"""

from app.client.protocol.effects import Effects
from app.client.protocol.events import Cancelled, Message, Notice, Queued
from app.client.protocol.model import ClientState, Delivery, PendingMessage
from app.client.protocol.sending import multiline
from app.client.protocol.sending.pending import fail, flush, is_next, transmit
from app.client.protocol.sending.splitting import max_text_bytes
from app.text.graphemes import split_text
from app.wire import ctcp
from app.wire.framing import MAX_LINE_BYTES
from app.wire.names import fold

MAX_PENDING_MESSAGES = 500  # at the limit, further messages fail immediately
ACTION_BYTES = len(ctcp.ACTION + ctcp.DELIMITER)
CONNECTION_LOST = "the connection was lost before the server confirmed it"


def send_message(
    state: ClientState, target: str, text: str, is_action: bool = False, reply_to: str = ""
) -> Effects:
    """Send or queue a text, split into several messages if it is too long for one.

    `reply_to` is the id of the message that it answers.
    """
    line_bytes = max(MAX_LINE_BYTES, state.connection.isupport_number("LINELEN"))
    available = max_text_bytes(state.nick, state.connection.mask, target, line_bytes)
    limit = min(available - ACTION_BYTES * is_action, state.options.max_text_bytes)
    for part in split_text(text, limit):
        state.last_number += 1
        message = PendingMessage(state.last_number, target, part, is_action, state.nick, reply_to)
        yield from _submit(state, message)


def send_lines_as_one(state: ClientState, target: str, text: str, reply_to: str = "") -> Effects:
    """Send a text of several lines as one message, which `multiline.explain_excess` must allow."""
    state.last_number += 1
    yield from _submit(state, PendingMessage(state.last_number, target, text, False, state.nick, reply_to))


def send_text(state: ClientState, target: str, text: str, reply_to: str = "") -> Effects:
    """Send a text as one message if the server allows it, or else each of its lines as one.

    In the latter case, the first of them is the reply.
    """
    if "\n" in text and not multiline.explain_excess(state, target, text):
        yield from send_lines_as_one(state, target, text, reply_to)
        return
    for line in filter(str.strip, text.splitlines()):
        yield from send_message(state, target, line, reply_to=reply_to)
        reply_to = ""


def reply(state: ClientState, message: Message, text: str) -> Effects:
    """Answer a message with a text of one or several lines."""
    yield from send_text(state, message.room, text, message.msgid)


def _submit(state: ClientState, message: PendingMessage) -> Effects:
    """Send a message, or queue it if it cannot be sent yet."""
    if len(state.pending) >= MAX_PENDING_MESSAGES:
        yield from fail(state, message, "too many messages are waiting for the server")
        return
    state.pending[message.number] = message
    if is_next(state, message):
        yield from transmit(state, message)
    else:
        yield Queued(message.number, message.target, message.text, message.reply_to)


def mark_in_doubt(state: ClientState) -> None:
    """Mark all sent messages as in doubt, because the connection was lost."""
    for message in state.pending.values():
        if message.delivery is Delivery.SENT:
            message.delivery = Delivery.IN_DOUBT


def in_doubt_targets(state: ClientState) -> list[str]:
    """Return the targets of the messages in doubt."""
    return list(dict.fromkeys(message.target for message in _in_doubt(state)))


def _in_doubt(state: ClientState) -> list[PendingMessage]:
    return [message for message in state.pending.values() if message.delivery is Delivery.IN_DOUBT]


def settle_in_doubt(state: ClientState, target: str) -> Effects:
    """Queue the messages to a target that its history shows were not stored."""
    for message in _in_doubt(state):
        if fold(message.target) != fold(target):
            continue
        if state.is_me(message.nick):
            message.delivery = Delivery.QUEUED
        else:
            yield from fail(state, message, CONNECTION_LOST)


def fail_in_doubt(state: ClientState, target: str | None = None) -> Effects:
    """Fail the messages still in doubt, or only those to one target."""
    for message in _in_doubt(state):
        if target is None or fold(message.target) == fold(target):
            yield from fail(state, message, CONNECTION_LOST)


def fail_queued(state: ClientState, target: str, reason: str) -> Effects:
    """Fail the messages queued for a room that we have left or cannot join."""
    for message in queued_messages(state):
        if fold(message.target) == fold(target):
            yield from fail(state, message, reason)


def queued_messages(state: ClientState) -> list[PendingMessage]:
    """Return the messages that wait to be sent."""
    return [message for message in state.pending.values() if message.delivery is Delivery.QUEUED]


def cancel(state: ClientState, number: int | None) -> Effects:
    """Drop the queued or unsent message with this number, or all of them if it is None."""
    waiting = {message.number: message for message in queued_messages(state)} | state.failed
    dropped = list(waiting.values()) if number is None else [waiting[number]] if number in waiting else []
    for message in dropped:
        state.pending.pop(message.number, None)
        state.failed.pop(message.number, None)
        yield Cancelled(message.number, message.target, message.text)
    if not dropped:
        yield Notice(_explain_nothing_dropped(state, number), is_error=True)
    yield from flush(state)


def _explain_nothing_dropped(state: ClientState, number: int | None) -> str:
    if number is None:
        return "There are no queued or unsent messages."
    if number in state.pending:
        return f"Message {number} has already been sent."
    return f"There is no queued or unsent message {number}."


def resend(state: ClientState, number: int | None) -> Effects:
    """Resend the failed message with this number, or all failed messages if it is None."""
    numbers = list(state.failed) if number is None else [number]
    for failed_number in numbers:
        message = state.failed.pop(failed_number, None)
        if message is None:
            yield Notice(f"There is no unsent message {failed_number}.", is_error=True)
        elif "\n" in message.text:
            yield from send_lines_as_one(state, message.target, message.text, message.reply_to)
        else:
            yield from send_message(state, message.target, message.text, message.is_action, message.reply_to)
