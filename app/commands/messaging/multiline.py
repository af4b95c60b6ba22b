"""Messages of several lines: BATCH (IRCv3 draft/multiline)."""

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
    """Return what is said of the capability: how much a message may be."""
    return f"max-bytes={settings.buffer},max-lines={MAX_LINES}"


@command(writes=True)
def batch(ctx: Context, reference: str, type_: str = "", target: str = "") -> None:
    """Say something of several lines: `BATCH +x draft/multiline #tea`, lines tagged `batch=x`, `BATCH -x`.

    It may have 32 lines, and as many bytes as the setting `buffer` allows.
    """
    if reference.startswith("-"):
        _send(ctx, reference[1:])
    elif not (
        ctx.client.shape & Shape.MULTILINE and type_ == CAPABILITY and target and reference.startswith("+")
    ):
        raise FailReply("BATCH", "UNKNOWN_TYPE", type_ or "*", text="Batches are of type draft/multiline")
    else:
        multiline_batch.open_batch(ctx, reference[1:], target)


def _send(ctx: Context, reference: str) -> None:
    """Say what was collected, as the command that opened the batch."""
    opening = ctx.client.collected.tags if ctx.client.collected else ctx.tags
    opened = Context(ctx.runtime, ctx.changeset, ctx.client, "BATCH", opening)
    ctx.label = None
    run_handler(opened, _deliver_batch, reference)


def _deliver_batch(ctx: Context, reference: str) -> None:
    found = multiline_batch.close_batch(ctx, reference)
    if found is None:
        ctx.label = None  # the refusal had it
        return
    text = combine(found.pieces)
    if found.kind is None or not text.strip("\n"):
        raise multiline_batch.invalid_batch("There is nothing in it")
    try:
        deliver(ctx, found.kind, found.target, text, line_lengths(found.pieces))
    except NumericError:
        if found.kind is not Kind.NOTICE:
            raise
