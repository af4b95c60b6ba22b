"""Multiline messages: BATCH (https://ircv3.net/specs/extensions/multiline)."""

from app.commands.context import Context, run_handler
from app.commands.errors import FailReply, NumericError
from app.commands.messaging import multiline_batch
from app.commands.messaging.messages import deliver
from app.commands.messaging.multiline_batch import MAX_LINES
from app.commands.registry import command
from app.events import Kind
from app.settings import ServerSettings
from app.wire.capabilities import Shape
from app.wire.multiline import combine, line_lengths

CAPABILITY = "draft/multiline"


def tokens(settings: ServerSettings) -> str:
    """Return the value of the capability: the limits of a message."""
    return f"max-bytes={settings.buffer},max-lines={MAX_LINES}"


@command(writes=True)
def batch(ctx: Context, reference: str, type_: str = "", target: str = "") -> None:
    """Send a multiline message.

    Open a batch with `BATCH +x draft/multiline #tea`, send the lines with the tag `batch=x`, and
    close it with `BATCH -x`. A message has at most 32 lines and `buffer` bytes.
    """
    if reference.startswith("-"):
        _send(ctx, reference[1:])
    elif not (
        ctx.client.shape & Shape.MULTILINE and type_ == CAPABILITY and target and reference.startswith("+")
    ):
        raise FailReply(
            "BATCH", "UNKNOWN_TYPE", type_ or "*", text="The only batch type for clients is draft/multiline"
        )
    else:
        multiline_batch.open_batch(ctx, reference[1:], target)


def _send(ctx: Context, reference: str) -> None:
    """Deliver the batch; replies carry the label of the command that opened it."""
    opening = ctx.client.multiline_batch.tags if ctx.client.multiline_batch else ctx.tags
    opened = Context(ctx.runtime, ctx.changeset, ctx.client, "BATCH", opening)
    ctx.label = None
    run_handler(opened, _deliver_batch, reference)


def _deliver_batch(ctx: Context, reference: str) -> None:
    closed = multiline_batch.close_batch(ctx, reference)
    if closed is None:
        ctx.label = None  # used by the failure reply
        return
    text = combine(closed.lines)
    if closed.kind is None or not text.strip("\n"):
        raise multiline_batch.invalid_batch("The message is empty")
    try:
        deliver(ctx, closed.kind, closed.target, text, line_lengths(closed.lines))
    except NumericError:
        if closed.kind is not Kind.NOTICE:
            raise
