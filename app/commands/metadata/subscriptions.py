"""Metadata subscriptions: METADATA SUB, UNSUB and SUBS.

See https://ircv3.net/specs/extensions/metadata.
"""

from collections.abc import Iterable

from app.commands.batches import response_batch
from app.commands.context import Context
from app.commands.metadata.limits import MAX_SUBSCRIPTIONS
from app.commands.metadata.replies import (
    failed,
    postpone_sync,
    send_invalid_key,
    too_many_subscriptions,
    uses_revision_2,
)
from app.commands.metadata.syncing import ALL_TARGETS, send_new_subscriptions
from app.commands.metadata.targets import get_target
from app.commands.registry import subcommand
from app.wire import numerics
from app.wire.framing import space_after
from app.wire.metadata import is_key
from app.wire.numerics import Numeric
from app.wire.packing import pack_words


@subcommand()
def metadata_sub(ctx: Context, target: str, key: str, *keys: str) -> None:
    """Subscribe to keys of your rooms, their members, and the users on your MONITOR list."""
    _check_is_self(ctx, target, "SUB")
    before, accepted = ctx.client.subscriptions, []
    with ctx.continue_on_error():
        for name in dict.fromkeys((key, *keys)):
            if is_key(name):
                _subscribe(ctx, name)
                accepted.append(name)
            else:
                send_invalid_key(ctx, name)
    _send_keys(ctx, numerics.RPL_METADATASUBOK, accepted)
    added = frozenset(accepted) - before
    if ctx.user is None or not added:
        return
    if uses_revision_2(ctx):
        send_new_subscriptions(ctx, added)
    else:
        postpone_sync(ctx, ALL_TARGETS, 0)


@subcommand()
def metadata_unsub(ctx: Context, target: str, key: str, *keys: str) -> None:
    """Unsubscribe from one or more keys."""
    _check_is_self(ctx, target, "UNSUB")
    names = dict.fromkeys((key, *keys))
    for name in names:
        if not is_key(name):
            send_invalid_key(ctx, name)
    ctx.client.subscriptions -= names.keys()
    _send_keys(ctx, numerics.RPL_METADATAUNSUBOK, filter(is_key, names))


@subcommand()
def metadata_subs(ctx: Context, target: str) -> None:
    """List the keys that you have subscribed to."""
    _check_is_self(ctx, target, "SUBS")
    with response_batch(ctx, "metadata-subs") as tags:
        _send_keys(ctx, numerics.RPL_METADATASUBS, sorted(ctx.client.subscriptions), **tags)


def _check_is_self(ctx: Context, target: str, word: str) -> None:
    """Check that the target is the caller and the client has negotiated metadata.

    Raises: FailReply.
    """
    if target != "*" and get_target(ctx, target).owner is not ctx.user:
        raise failed("INVALID_TARGET", target, text="The target of a subscription must be `*`")
    if not ctx.client.knows_metadata:
        raise failed(
            "INVALID_PARAMS",
            word,
            text="Negotiate draft/metadata-3 or draft/metadata-2, and batch first (CAP REQ)",
        )


def _subscribe(ctx: Context, key: str) -> None:
    """Subscribe to a key; once the limit is reached, the remaining keys are ignored.

    Raises: FailReply with LIMIT_REACHED.
    """
    if key not in ctx.client.subscriptions and len(ctx.client.subscriptions) >= MAX_SUBSCRIPTIONS:
        raise too_many_subscriptions(ctx, key, MAX_SUBSCRIPTIONS)
    ctx.client.subscriptions |= {key}


def _send_keys(ctx: Context, numeric: Numeric, keys: Iterable[str], **tags: str) -> None:
    """Send keys in as many lines as needed, possibly none."""
    start = f":{ctx.runtime.server_name} {numeric.code} {ctx.client.nick} "
    for words in pack_words(keys, space_after(start)):
        ctx.send_lines(start + words, **tags)
