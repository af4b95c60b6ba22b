"""Batches in command replies (IRCv3 batch)."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.commands.context import Context


@contextmanager
def response_batch(ctx: Context, *words: str, **opening: str) -> Iterator[dict[str, str]]:
    """Wrap the replies sent inside the block in a batch, if the client has negotiated `batch`.

    Yields the tags for these replies. `words` are the type of the batch and its parameters;
    `opening` are the tags of the line that opens it.
    """
    if "batch" not in ctx.client.caps:
        yield {}
        return
    reference = ctx.runtime.clock.new_token()
    response = ctx.open_response()
    is_first = not response.entries
    ctx.send_from_server("BATCH", f"+{reference}", *words, **opening)
    yield {"batch": reference}
    ctx.send_from_server("BATCH", f"-{reference}")
    if is_first:
        response.batched = len(response.entries)
