"""The protocol of the client as a pure machine: lines in, lines to send and things to show out.

`opened`, `feed` and `lost` are all that a connection tells it; `intents` is all that a user can want.
Nothing here knows sockets, terminals or clocks, so a test is a transcript. The topics are in files of their
own: `registration`, `sasl`, `rooms`, `messages`, `pending`, `history`, `resume`, `replies`.
"""

from app.client.protocol import history, messages, pending, registration, replies, resume, rooms, sasl
from app.client.protocol.batches import route
from app.client.protocol.effects import Effect
from app.client.protocol.events import Phase, StateChanged
from app.client.protocol.model import ClientState, ConnectionState
from app.wire.line import parse

TOPICS = (history, messages, pending, registration, replies, rooms, sasl)  # importing them fills the table


def opened(state: ClientState, now: int) -> list[Effect]:
    """A connection stands: introduce ourselves."""
    state.now = now
    state.connection = ConnectionState(phase=Phase.REGISTERING)
    return list(registration.introduce(state))


def feed(state: ClientState, text: str, now: int) -> list[Effect]:
    """Take one line from the server and return what follows from it; a line without a command is nothing."""
    state.now = now
    try:
        line = parse(text)
    except ValueError:
        return []
    return list(route(state, line))


def lost(state: ClientState, reason: str, now: int) -> list[Effect]:
    """The connection is gone: what it negotiated is forgotten, what was shown and sent is not."""
    state.now = now
    was_online = state.is_online
    if was_online:
        state.lost_at = now
    state.connection = ConnectionState()
    resume.interrupt(state)
    return [StateChanged(Phase.LOST, reason)] if was_online else []
