"""Edits: a message is deleted and its new text sent, as the protocol has no editing.

The new text is sent once the server has confirmed the deletion, so that a refused deletion leaves
one message rather than two. A text that is not sent comes back with `EditRefused`.
"""

from app.client.protocol.effects import Effects
from app.client.protocol.events import EditRefused, Message, Notice
from app.client.protocol.lines import param, send
from app.client.protocol.model import ClientState, PendingEdit
from app.client.protocol.sending import send_queue
from app.wire.line import Line
from app.wire.names import fold

REDACTION = "draft/message-redaction"


def edit(state: ClientState, message: Message, text: str) -> Effects:
    """Replace a message of ours by a new one, which answers the same message as it did."""
    replacement = PendingEdit(message, text)
    if reason := _explain_impossible(state, message, text):
        yield _refuse(replacement, reason)
        return
    state.connection.edits[message.msgid] = replacement
    yield send("REDACT", message.room, message.msgid)
    if not state.has("echo-message"):
        yield from on_deleted(state, message.msgid)


def _explain_impossible(state: ClientState, message: Message, text: str) -> str:
    if not state.is_online:
        return "there is no connection"
    if not state.has(REDACTION):
        return "the server cannot delete messages"
    if not (message.is_mine and message.msgid):
        return "only a message of yours can be edited"
    if not text.strip():
        return "the new text is empty"
    return "it is being edited already" if message.msgid in state.connection.edits else ""


def on_deleted(state: ClientState, msgid: str) -> Effects:
    """Send the new text of a message that we have deleted."""
    replacement = state.connection.edits.pop(msgid, None)
    if replacement is None:
        return
    old, text = replacement.message, replacement.text
    if old.is_action and "\n" not in text:
        yield from send_queue.send_message(state, old.room, text, is_action=True, reply_to=old.reply_to)
    else:
        yield from send_queue.send_text(state, old.room, text, old.reply_to)


def on_redact_fail(state: ClientState, line: Line) -> Effects:
    """Give up the edit whose deletion the server refused; show the refusal of any other one."""
    edits, refused = state.connection.edits, _find_refused(state, line)
    if refused is None:
        yield Notice(param(line, -1), is_error=True)
    else:
        yield _refuse(edits.pop(refused.message.msgid), param(line, -1))


def _find_refused(state: ClientState, line: Line) -> PendingEdit | None:
    """Return the edit that a refusal names by its message or, without one, by its room."""
    edits, words = state.connection.edits, line.params[2:-1]
    named = next((edits[word] for word in words if word in edits), None)
    targets = {fold(word) for word in words[:1]} if len(words) < 2 else set()
    return named or next((one for one in edits.values() if fold(one.message.room) in targets), None)


def on_connection_lost(state: ClientState) -> Effects:
    """Give up the edits that were not confirmed."""
    for replacement in state.connection.edits.values():
        yield _refuse(replacement, "the connection was lost before the server confirmed the deletion")


def _refuse(replacement: PendingEdit, reason: str) -> EditRefused:
    return EditRefused(replacement.message.room, replacement.message.msgid, replacement.text, reason)
