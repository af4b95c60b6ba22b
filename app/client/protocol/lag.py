"""Measures the round trip to the server with PINGs of its own."""

from app.client.protocol.effects import Effects
from app.client.protocol.events import LagMeasured
from app.client.protocol.lines import param, send
from app.client.protocol.model import ClientState
from app.client.protocol.sending import pending
from app.wire.line import Line

PREFIX = "lag-"  # of the PING's parameter; the time it was sent follows


def measure_at_intervals(state: ClientState) -> Effects:
    """Send a PING if one is due (`UserOptions.lag_interval_milliseconds`)."""
    connection, interval = state.connection, state.options.lag_interval_milliseconds
    if not interval or not state.is_online or connection.awaits_lag_pong:
        return
    if state.now - connection.lag_pinged_at >= interval:
        connection.lag_pinged_at, connection.awaits_lag_pong = state.now, True
        yield send("PING", f"{PREFIX}{state.now}")


def on_pong(state: ClientState, line: Line) -> Effects:
    """Record the round trip; any other PONG may confirm messages."""
    connection, word = state.connection, param(line, -1)
    if not word.startswith(PREFIX):
        yield from pending.on_pong(state, line)
    elif connection.awaits_lag_pong and word == f"{PREFIX}{connection.lag_pinged_at}":
        connection.awaits_lag_pong = False
        connection.lag_ms = max(0, state.now - connection.lag_pinged_at)
        yield LagMeasured(connection.lag_ms)
