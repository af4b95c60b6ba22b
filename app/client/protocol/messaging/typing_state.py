"""Who is typing (https://ircv3.net/specs/client-tags/typing)."""

from app.client.protocol.effects import Effects
from app.client.protocol.events import Typing, TypingState
from app.client.protocol.lines import send
from app.client.protocol.messaging.messages import find_conversation
from app.client.protocol.model import ClientState, SentTyping
from app.wire.line import Line
from app.wire.names import fold
from app.wire.secrets import is_service

TAG = "+typing"
INTERVAL_MILLISECONDS = 3_000  # between two notifications to the same target


def on_typing(state: ClientState, line: Line) -> Effects:
    """Show that another user is typing, or has stopped."""
    place, value = find_conversation(state, line), line.tags.get(TAG, "")
    if not place.is_mine and value in {known.value for known in TypingState}:
        yield Typing(place.room, line.nick, TypingState(value))


def send_typing(state: ClientState, target: str, typing: TypingState) -> Effects:
    """Tell a room or user that we are typing; call it for every change of the input field.

    A notification within the interval is dropped, as is a repeated PAUSED or DONE. Nothing is sent
    to a service, nor for a message that has been sent meanwhile.
    """
    last = state.connection.typing_sent.get(fold(target), SentTyping())
    is_repeated = typing is not TypingState.ACTIVE and last.state in (typing, TypingState.DONE)
    if is_repeated or not _may_send(state, target) or state.now - last.at < INTERVAL_MILLISECONDS:
        return
    state.connection.typing_sent[fold(target)] = SentTyping(state.now, typing)
    yield send("TAGMSG", target, tags={TAG: typing.value})


def _may_send(state: ClientState, target: str) -> bool:
    room = state.find_room(target)
    is_reachable = not state.is_room(target) or (room is not None and room.is_joined)
    may_tag = state.has("message-tags") and not _is_denied(state)
    return state.is_online and may_tag and is_reachable and not is_service(target)


def _is_denied(state: ClientState) -> bool:
    """Return whether the server blocks the tag (ISUPPORT CLIENTTAGDENY)."""
    denied = state.connection.isupport.get("CLIENTTAGDENY", "").split(",")
    name = TAG.removeprefix("+")
    return name in denied or ("*" in denied and f"-{name}" not in denied)
