"""The entry points of the client's protocol, a pure state machine.

The connection drives it through `on_opened`, `on_line` and `on_lost`, the user through the
functions in `intents`. Each returns lines to send and events to show. Nothing here uses sockets,
terminals or clocks, so a test is a transcript.
"""

from app.client.protocol.batches import route
from app.client.protocol.effects import Effect
from app.client.protocol.events import Phase, PhaseChanged
from app.client.protocol.history import fetch, resume, search
from app.client.protocol.login import registration
from app.client.protocol.model import ClientState, ConnectionState
from app.client.protocol.sending import edits
from app.wire.line import parse


def on_opened(state: ClientState, now: int) -> list[Effect]:
    """Begin registration on a new connection."""
    state.now = now
    state.connection = ConnectionState(phase=Phase.REGISTERING)
    return list(registration.begin(state))


def on_line(state: ClientState, text: str, now: int) -> list[Effect]:
    """Process one line from the server; malformed lines are ignored."""
    state.now = now
    try:
        line = parse(text)
    except ValueError:
        return []
    return list(route(state, line))


def on_lost(state: ClientState, reason: str, now: int) -> list[Effect]:
    """Discard the state of a lost connection; rooms and pending messages are kept."""
    state.now = now
    was_online = state.is_online
    if was_online:
        state.lost_at = now
    refused = [
        *fetch.on_connection_lost(state),
        *edits.on_connection_lost(state),
        *search.on_connection_lost(state),
    ]
    resume.on_connection_lost(state)
    state.connection = ConnectionState()
    return [PhaseChanged(Phase.LOST, reason), *refused] if was_online else []
