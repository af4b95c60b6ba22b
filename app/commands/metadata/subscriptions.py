"""Which keys of metadata a connection is told of: METADATA SUB, UNSUB and SUBS (IRCv3 draft/metadata-3)."""

from collections.abc import Iterable

from app.commands.batches import response_batch
from app.commands.context import Context
from app.commands.metadata.metadata import MAX_SUBSCRIPTIONS, failed, get_target, warn_invalid_key
from app.commands.metadata.syncing import ALL_TARGETS
from app.commands.registry import subcommand
from app.wire import numerics
from app.wire.framing import space_after
from app.wire.metadata import is_key
from app.wire.numerics import Numeric
from app.wire.packing import pack_words


@subcommand()
def metadata_sub(ctx: Context, target: str, key: str, *keys: str) -> None:
    """Be told what changes under some keys, of people in your rooms and those you watch, and of your rooms."""
    _check_is_self(ctx, target, "SUB")
    known, accepted = ctx.client.subscribed, []
    with ctx.continue_on_error():
        for wanted in dict.fromkeys((key, *keys)):
            if is_key(wanted):
                _subscribe(ctx, wanted)
                accepted.append(wanted)
            else:
                warn_invalid_key(ctx, wanted)
    _send_keys(ctx, numerics.RPL_METADATASUBOK, accepted)
    if ctx.user is not None and not known.issuperset(accepted):
        ctx.reply(numerics.RPL_METADATASYNCLATER, ALL_TARGETS, "0")


@subcommand()
def metadata_unsub(ctx: Context, target: str, key: str, *keys: str) -> None:
    """Be told no longer what changes under some keys."""
    _check_is_self(ctx, target, "UNSUB")
    named = dict.fromkeys((key, *keys))
    for wanted in named:
        if not is_key(wanted):
            warn_invalid_key(ctx, wanted)
    ctx.client.subscribed -= named.keys()
    _send_keys(ctx, numerics.RPL_METADATAUNSUBOK, filter(is_key, named))


@subcommand()
def metadata_subs(ctx: Context, target: str) -> None:
    """Show under which keys you are told what changes."""
    _check_is_self(ctx, target, "SUBS")
    with response_batch(ctx, "metadata-subs") as tags:
        _send_keys(ctx, numerics.RPL_METADATASUBS, sorted(ctx.client.subscribed), **tags)


def _check_is_self(ctx: Context, target: str, word: str) -> None:
    """Refuse to subscribe anybody but the caller, or a client that would not understand what it is told.

    Raises: Failed.
    """
    if target != "*" and get_target(ctx, target).owner is not ctx.user:
        raise failed("INVALID_TARGET", target, text="You subscribe for yourself: `*`")
    if not ctx.client.knows_metadata:
        raise failed("INVALID_PARAMS", word, text="Ask for draft/metadata-3 and batch first (CAP REQ)")


def _subscribe(ctx: Context, key: str) -> None:
    """Subscribe to a key; one beyond the most ends the list that it is in.

    Raises: Failed.
    """
    if key not in ctx.client.subscribed and len(ctx.client.subscribed) >= MAX_SUBSCRIPTIONS:
        text = f"You have subscribed to {MAX_SUBSCRIPTIONS} keys already"
        raise failed("LIMIT_REACHED", key, str(MAX_SUBSCRIPTIONS), text=text)
    ctx.client.subscribed |= {key}


def _send_keys(ctx: Context, numeric: Numeric, keys: Iterable[str], **tags: str) -> None:
    """Answer with keys in as many lines as they need, also none."""
    start = f":{ctx.runtime.server_name} {numeric.code} {ctx.client.nick} "
    for words in pack_words(keys, space_after(start)):
        ctx.send_lines(start + words, **tags)
