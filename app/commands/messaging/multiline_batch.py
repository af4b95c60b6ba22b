"""Collecting a message of several lines, until all of it is there (IRCv3 draft/multiline, client-batch).

A client has one at a time, and the server keeps it within its limits; what breaks a rule is refused as soon as
it does, and the rest of the batch is then dropped silently.
"""

from dataclasses import dataclass, field

from app.commands.context import Context
from app.commands.errors import FailReply
from app.events import Kind
from app.wire.framing import byte_length
from app.wire.multiline import CONCAT_TAG, MessageLine, combine
from app.wire.names import fold

MAX_LINES = 32


@dataclass(slots=True)
class MultilineBatch:
    """What has come of a multiline message; `tags` are those of its opening, the label among them."""

    reference: str
    target: str
    tags: dict[str, str]
    kind: Kind | None = None
    pieces: list[MessageLine] = field(default_factory=list)
    is_refused: bool = False


def open_batch(ctx: Context, reference: str, target: str) -> None:
    """Open a batch: what it is an answer to is answered at its end."""
    if ctx.client.collected is not None:
        raise invalid_batch("Another batch is open")
    ctx.client.collected = MultilineBatch(reference, target, ctx.tags)
    ctx.label = None


def add_line(ctx: Context, kind: Kind, target: str, text: str) -> None:
    """Take a line of the batch that is open."""
    batch: MultilineBatch | None = ctx.client.collected
    ctx.label = None
    if batch is None:
        raise invalid_batch("There is no such batch")
    if batch.is_refused:
        return
    opened = Context(ctx.runtime, ctx.changeset, ctx.client, "BATCH", batch.tags)
    try:
        _check_line(ctx, batch, kind, target, text)
    except FailReply as failure:
        batch.is_refused = True
        batch.pieces.clear()
        opened.send_error(failure)
        return
    batch.kind = kind
    batch.pieces.append((text, CONCAT_TAG in ctx.tags))


def _check_line(ctx: Context, batch: MultilineBatch, kind: Kind, target: str, text: str) -> None:
    """Refuse a line that does not belong to the batch, or is more than there may be.

    Raises: Failed.
    """
    most = ctx.runtime.settings.buffer
    if ctx.tags["batch"] != batch.reference:
        raise invalid_batch("There is no such batch")
    if fold(target) != fold(batch.target):
        text = "All lines of a message have one target"
        raise FailReply("BATCH", "MULTILINE_INVALID_TARGET", batch.target, target, text=text)
    if batch.kind not in (None, kind):
        raise invalid_batch("PRIVMSG and NOTICE do not go together")
    if not text and CONCAT_TAG in ctx.tags:
        raise invalid_batch("A blank line continues nothing")
    if len(batch.pieces) >= MAX_LINES:
        text = "There are too many lines"
        raise FailReply("BATCH", "MULTILINE_MAX_LINES", str(MAX_LINES), text=text)
    if byte_length(combine([*batch.pieces, (text, CONCAT_TAG in ctx.tags)])) > most:
        raise FailReply("BATCH", "MULTILINE_MAX_BYTES", str(most), text="The message is too long")


def close_batch(ctx: Context, reference: str) -> MultilineBatch | None:
    """Close the batch and return what it is, unless it was refused.

    Raises: Failed when it says nothing.
    """
    batch: MultilineBatch | None = ctx.client.collected
    ctx.client.collected = None
    if batch is None or batch.reference != reference:
        raise invalid_batch("There is no such batch")
    return None if batch.is_refused else batch


def invalid_batch(text: str) -> FailReply:
    """Return the refusal of a batch."""
    return FailReply("BATCH", "MULTILINE_INVALID", text=text)
