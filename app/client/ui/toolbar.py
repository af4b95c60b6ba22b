"""The toolbar of line mode: the connection, the current room and unsent messages."""

from app.client.protocol import intents
from app.client.protocol.model import ClientState
from app.text.columns import shorten
from app.text.counts import count_of
from app.text.sanitise import clean
from app.wire.secrets import mask_message

MAX_PREVIEW_COLUMNS = 40  # of a pending message


def describe_status(state: ClientState, room: str) -> str:
    """Return the text: nick, phase, current room and the number of unsent messages."""
    guest = " (guest)" if state.is_online and not state.connection.account else ""
    status = f" {state.nick}{guest} · {state.connection.phase.value}"
    return status + _describe_room(state, room) + _describe_unsent(state)


def _describe_room(state: ClientState, name: str) -> str:
    room = state.find_room(name)
    if room and room.is_joined:
        return f" · {room.name}: {count_of(len(room.members), 'member')}"
    return ""


def _describe_unsent(state: ClientState) -> str:
    """Return the text about pending and failed messages."""
    parts = []
    queued = intents.queued_messages(state)
    if queued:
        parts.append(f" · {len(queued)} queued (/cancel)")
    sending = [
        mask_message(message.target, message.text)
        for message in state.pending.values()
        if message not in queued
    ]
    if sending:
        parts.append(f" · sending {len(sending)}: {shorten(clean(sending[0]), MAX_PREVIEW_COLUMNS)}")
    if state.failed:
        parts.append(f" · {len(state.failed)} not sent (/resend)")
    return "".join(parts)
