"""Answers that belong together: a batch around them (IRCv3 batch)."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.commands.context import Context


@contextmanager
def response_batch(ctx: Context, *words: str) -> Iterator[dict[str, str]]:
    """Put what is said meanwhile into a batch, for a client that knows batches; gives the tags to say it with."""
    if "batch" not in ctx.client.caps:
        yield {}
        return
    name = ctx.runtime.clock.token()
    response = ctx.place_response()
    is_first = not response.entries
    ctx.server_says("BATCH", f"+{name}", *words)
    yield {"batch": name}
    ctx.server_says("BATCH", f"-{name}")
    if is_first:
        response.batched = len(response.entries)
