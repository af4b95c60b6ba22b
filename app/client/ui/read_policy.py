"""When unread messages count as read."""

from collections.abc import Callable
from dataclasses import dataclass

from app.client.protocol import intents
from app.client.protocol.effects import Effects
from app.client.protocol.model import ClientState


@dataclass(frozen=True, slots=True)
class ReadPolicy:
    """What is marked as read once unread messages were shown, and when the program ends."""

    on_unread_shown: Callable[[ClientState, str], Effects]
    on_end: Callable[[ClientState], Effects]


def _leave_room_unread(state: ClientState, room: str) -> Effects:
    yield from ()


def _leave_all_unread(state: ClientState) -> Effects:
    yield from ()


MARK_WHEN_SHOWN = ReadPolicy(intents.mark_read, intents.mark_all_read)  # whatever is printed is read
MARK_BY_VIEW = ReadPolicy(_leave_room_unread, _leave_all_unread)  # the view calls `mark_read_to` itself
