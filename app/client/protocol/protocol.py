"""The client's protocol as a pure state machine: lines in, lines to send and events to show out.

A connection drives it with `on_opened`, `on_line` and `on_lost`; the user drives it with the
functions in `intents`. Nothing here knows sockets, terminals or clocks, so a test is a transcript.
"""

from app.client.protocol import registration, resume
from app.client.protocol.batches import route
from app.client.protocol.effects import Effect
from app.client.protocol.events import Phase, PhaseChanged
from app.client.protocol.model import ClientState, ConnectionState
from app.wire.line import parse


def on_opened(state: ClientState, now: int) -> list[Effect]:
    """A connection was established: begin to register."""
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
    """The connection was lost: reset what it negotiated, keep what was shown and sent."""
    state.now = now
    was_online = state.is_online
    if was_online:
        state.lost_at = now
    state.connection = ConnectionState()
    resume.on_connection_lost(state)
    return [PhaseChanged(Phase.LOST, reason)] if was_online else []
