"""What a handler is, and the table that finds the handler of a command.

A handler is a small generator: it is told the state and a line, changes the state, and yields what follows,
which is either a line to send or something to show. Handlers register themselves with `@on("JOIN")`.
"""

from collections.abc import Callable, Iterator

from app.client.protocol.effects import Effects, Send
from app.client.protocol.events import ClientEvent, Message
from app.client.protocol.model import ChannelView, ClientState
from app.clock import from_iso
from app.wire.line import Line, format_line

MAX_HELD_EVENTS = 10_000  # events held per room while its past is fetched

Handler = Callable[[ClientState, Line], Effects]


HANDLERS: dict[str, Handler] = {}


def on(*commands: str) -> Callable[[Handler], Handler]:
    """Register the handler of some commands or numerics."""

    def register(handler: Handler) -> Handler:
        HANDLERS.update(dict.fromkeys(commands, handler))
        return handler

    return register


def send(command: str, *params: str, label: str = "") -> Send:
    """Return a line to send; line ends inside a parameter become spaces, so it stays one line."""
    flat = [_on_one_line(param) for param in params]
    return Send(format_line(command, flat, tags={"label": label} if label else None))


def moment(state: ClientState, line: Line) -> int:
    """Return when a line happened: as the server says, else now."""
    try:
        return from_iso(line.tags["time"])
    except (KeyError, ValueError):
        return state.now


def param(line: Line, index: int) -> str:
    """Return a parameter of a line, or an empty text when it is not there."""
    try:
        return line.params[index]
    except IndexError:
        return ""


def deliver(room: ChannelView, event: ClientEvent) -> Iterator[ClientEvent]:
    """Show an event of a room, or hold it while the room's past is being fetched.

    At the limit what was held is dropped: the pages being fetched go on until they reach what is held after
    that, so nothing is lost, only fetched instead.
    """
    if room.catch_up is None:
        if not isinstance(event, Message) or room.remember(event):
            yield event
        return
    if len(room.catch_up.held) >= MAX_HELD_EVENTS:
        room.catch_up.held.clear()
    room.catch_up.held.append(event)


def _on_one_line(text: str) -> str:
    return text.replace("\0", "").replace("\r", " ").replace("\n", " ")
