"""Multiline batches received from clients, collected until they are closed.

See https://ircv3.net/specs/extensions/multiline. A client has at most one open batch. The first
line that violates a rule fails the batch; the rest of it is then dropped silently.
"""

from app.commands.context import Context
from app.commands.errors import FailReply
from app.engine.delivery.client import MultilineBatch
from app.events import Kind
from app.wire.framing import byte_length
from app.wire.line import format_tags
from app.wire.multiline import CONCAT_TAG, combine
from app.wire.names import fold

MAX_LINES = 32


def open_batch(ctx: Context, reference: str, target: str) -> None:
    """Open a batch; its labelled response is sent when the batch is closed."""
    if ctx.client.multiline_batch is not None:
        raise invalid_batch("Another batch is already open")
    ctx.client.multiline_batch = MultilineBatch(reference, target, format_tags(ctx.tags))
    ctx.label = None


def add_line(ctx: Context, kind: Kind, target: str, text: str) -> None:
    """Add a line to the open batch."""
    batch = ctx.client.multiline_batch
    ctx.label = None
    if batch is None:
        raise invalid_batch("No batch with this reference is open")
    if batch.has_failed:
        return
    try:
        _check_line(ctx, batch, kind, target, text)
    except FailReply as failure:
        batch.has_failed = True
        batch.lines.clear()
        opened = Context(ctx.runtime, ctx.changeset, ctx.client, "BATCH", batch.tags)
        opened.send_error(failure)
        return
    batch.kind = kind
    batch.lines.append((text, CONCAT_TAG in ctx.tags))


def _check_line(ctx: Context, batch: MultilineBatch, kind: Kind, target: str, text: str) -> None:
    """Check a line against the rules and limits of the batch.

    Raises: FailReply.
    """
    max_bytes = ctx.runtime.settings.buffer
    if ctx.tags["batch"] != batch.reference:
        raise invalid_batch("No batch with this reference is open")
    if fold(target) != fold(batch.target):
        text = "All lines in a batch must have the same target as the batch"
        raise FailReply("BATCH", "MULTILINE_INVALID_TARGET", batch.target, target, text=text)
    if batch.kind not in (None, kind):
        raise invalid_batch("A batch cannot contain both PRIVMSG and NOTICE")
    if not text and CONCAT_TAG in ctx.tags:
        raise invalid_batch("A blank line must not have the draft/multiline-concat tag")
    if len(batch.lines) >= MAX_LINES:
        text = f"A message has at most {MAX_LINES} lines"
        raise FailReply("BATCH", "MULTILINE_MAX_LINES", str(MAX_LINES), text=text)
    if byte_length(combine([*batch.lines, (text, CONCAT_TAG in ctx.tags)])) > max_bytes:
        raise FailReply(
            "BATCH", "MULTILINE_MAX_BYTES", str(max_bytes), text=f"A message has at most {max_bytes} bytes"
        )


def close_batch(ctx: Context, reference: str) -> MultilineBatch | None:
    """Close and return the batch, or return None if it has failed.

    Raises: FailReply when no batch with this reference is open.
    """
    batch = ctx.client.multiline_batch
    ctx.client.multiline_batch = None
    if batch is None or batch.reference != reference:
        raise invalid_batch("No batch with this reference is open")
    return None if batch.has_failed else batch


def invalid_batch(text: str) -> FailReply:
    """Return the reply to an invalid batch."""
    return FailReply("BATCH", "MULTILINE_INVALID", text=text)
