"""Replies to METADATA, in the two revisions of the specification that clients use.

`draft/metadata-3` (https://ircv3.net/specs/extensions/metadata) renames the errors of
`draft/metadata-2` and notifies of changes with numerics instead of a METADATA message. A client
that has negotiated both gets the former, and so does one that has negotiated neither.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from app.commands.batches import response_batch
from app.commands.context import Context
from app.commands.errors import FailReply
from app.wire import numerics
from app.wire.capabilities import Shape
from app.wire.line import plain
from app.wire.metadata import MAX_KEY_BYTES, visibility

KEY_SYNTAX = f"A key has up to {MAX_KEY_BYTES} characters from a-z, 0-9 and _./-"


def uses_revision_2(ctx: Context) -> bool:
    """Return whether the client has negotiated `draft/metadata-2` and no later revision."""
    return bool(ctx.client.shape & Shape.METADATA_2)


@contextmanager
def metadata_batch(ctx: Context, *words: str) -> Iterator[dict[str, str]]:
    """Wrap replies in a batch; without the capability, end them with RPL_METADATAEND.

    Yields the tags for the replies.
    """
    with response_batch(ctx, "metadata", *words) as tags:
        yield tags
    if not tags:
        ctx.reply(numerics.RPL_METADATAEND)


def send_value(ctx: Context, name: str, key: str, value: str | None, **tags: str) -> None:
    """Reply with the value of a key, or RPL_KEYNOTSET."""
    if value is None:
        ctx.reply(numerics.RPL_KEYNOTSET, name, key, **tags)
    else:
        ctx.reply(numerics.RPL_KEYVALUE, name, key, visibility(key), text=value, **tags)


def send_notification(ctx: Context, name: str, key: str, value: str, **tags: str) -> None:
    """Send a value that the client did not ask for by key."""
    if uses_revision_2(ctx):
        ctx.send_from_server("METADATA", name, key, visibility(key), text=value, **tags)
    else:
        send_value(ctx, name, key, value, **tags)


def postpone_sync(ctx: Context, name: str, seconds: int) -> None:
    """Ask the client to synchronise a target later (RPL_METADATASYNCLATER)."""
    numeric = numerics.RPL_METADATASYNCLATER
    if uses_revision_2(ctx):
        ctx.send_from_server(numeric.code, ctx.client.nick, name, str(seconds))
    else:
        ctx.reply(numeric, name, str(seconds))


def send_invalid_key(ctx: Context, key: str, **tags: str) -> None:
    """Tell the client that one of several keys is invalid and was skipped."""
    words = (
        ("FAIL", "METADATA", "KEY_INVALID") if uses_revision_2(ctx) else ("WARN", "METADATA", "INVALID_KEY")
    )
    ctx.send_from_server(*words, plain(key), text=KEY_SYNTAX, **tags)


def invalid_key(ctx: Context, key: str) -> FailReply:
    """Return the refusal of a key with invalid characters."""
    return failed("KEY_INVALID" if uses_revision_2(ctx) else "INVALID_KEY", key, text=KEY_SYNTAX)


def invalid_value(ctx: Context, key: str, text: str) -> FailReply:
    """Return the refusal of a value."""
    if uses_revision_2(ctx):
        return failed("VALUE_INVALID", text=text)
    return failed("INVALID_VALUE", key, text=text)


def unknown_subcommand(ctx: Context, word: str) -> FailReply:
    """Return the refusal of an unknown subcommand."""
    code = "SUBCOMMAND_INVALID" if uses_revision_2(ctx) else "INVALID_PARAMS"
    text = "The subcommands are GET, LIST, SET, CLEAR, SUB, UNSUB, SUBS and SYNC"
    return failed(code, word if plain(word) == word else "*", text=text)


def too_many_keys(ctx: Context, target: str, limit: int) -> FailReply:
    """Return the refusal of a new key for a target that has as many as allowed."""
    number = () if uses_revision_2(ctx) else (str(limit),)
    return failed("LIMIT_REACHED", target, *number, text=f"The limit of {limit} keys is reached")


def too_many_subscriptions(ctx: Context, key: str, limit: int) -> FailReply:
    """Return the refusal of the first subscription over the limit."""
    text = f"The limit of {limit} subscriptions is reached"
    if uses_revision_2(ctx):
        return failed("TOO_MANY_SUBS", key, text=text)
    return failed("LIMIT_REACHED", key, str(limit), text=text)


def failed(code: str, *context: str, text: str) -> FailReply:
    """Return a FAIL reply to METADATA whose code is the same in both revisions."""
    return FailReply("METADATA", code, *context, text=text)
