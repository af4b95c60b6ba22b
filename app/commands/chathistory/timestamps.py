"""Sends messages from history, with their time as text to clients without `server-time`.

A message without its time would look as if it were said now. Where the time leaves too little space
in the line, the message is split; each part and each line carries the time.
"""

from collections.abc import Iterator
from dataclasses import replace

from app.clock import to_text
from app.commands.context import Context
from app.events import MESSAGES, Event
from app.events.data import MessageData
from app.text.graphemes import split_text
from app.wire.capabilities import Shape
from app.wire.ctcp import ACTION, DELIMITER
from app.wire.framing import space_after


def send_old_message(ctx: Context, event: Event, **tags: str) -> None:
    """Send a message from history in the form that this client has negotiated.

    Other events are sent as they are, as is a message of the current changeset, which has no time.
    """
    if ctx.client.shape & Shape.TIME or not event.at or event.kind not in MESSAGES:
        ctx.send_event(event, **tags)
        return
    for part in add_timestamps(event):
        ctx.send_event(part, **tags)


def add_timestamps(event: Event) -> Iterator[Event]:
    """Yield a message as single lines that start with its time; only the first has its id."""
    text, position = event.text or "", event.id
    action, end = (ACTION, DELIMITER) if text.startswith(ACTION) else ("", "")
    start = f"{action}[{to_text(event.at)}] "
    space = space_after(f":{event.source} {event.verb} {event.target} :{start}{end}")
    for line in filter(None, text.removeprefix(action).removesuffix(end).split("\n")):
        for part in split_text(line, space):
            data = replace(MessageData.of(event), lines=None)
            yield replace(event, id=position, text=f"{start}{part}{end}", data=data)
            position = 0
