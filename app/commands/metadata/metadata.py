"""Metadata of users and rooms: METADATA (https://ircv3.net/specs/extensions/metadata).

The metadata of users is public. The metadata of a room is visible to its members; for others it
appears empty, and a secret room appears not to exist. Before registration, a client can only set
its own metadata, which takes effect when registration completes. Some keys are private to the
account that sets them (`private`).
"""

from dataclasses import replace

from app.commands.context import Context
from app.commands.errors import FailReply
from app.commands.metadata.changes import set_and_reply
from app.commands.metadata.limits import charge_change, check_value
from app.commands.metadata.private import check_private_change, private_values_of, set_private_value
from app.commands.metadata.replies import (
    failed,
    invalid_key,
    metadata_batch,
    send_invalid_key,
    send_value,
    unknown_subcommand,
    uses_revision_2,
)
from app.commands.metadata.targets import MetadataTarget, check_may_change, get_readable_target, get_target
from app.commands.registry import command, subcommand
from app.wire.metadata import PRIVATE_KEYS, is_key


@command("METADATA", before_registration=True, subcommand_index=1)
def metadata(ctx: Context, target: str, subcommand: str, *more: str) -> None:
    """Show and change metadata of users and rooms: GET, LIST, SET, CLEAR, SUB, UNSUB, SUBS, SYNC.

    The target is a nick, a room, or `*` for yourself, as in `METADATA * SET display-name :Anna`.
    """
    raise unknown_subcommand(ctx, subcommand)


@subcommand()
def metadata_get(ctx: Context, target: str, key: str, *keys: str) -> None:
    """Show the values of one or more keys."""
    names = (key, *keys)
    resolved = get_readable_target(ctx, target, is_private=PRIVATE_KEYS.issuperset(names))
    with metadata_batch(ctx, resolved.name) as tags:
        for name in names:
            if is_key(name):
                send_value(ctx, resolved.name, name, resolved.values.get(name), **tags)
            else:
                send_invalid_key(ctx, name, **tags)


@subcommand()
def metadata_list(ctx: Context, target: str) -> None:
    """Show all keys and values of a user or a room."""
    resolved = get_readable_target(ctx, target, is_private=bool(private_values_of(ctx, target)))
    with metadata_batch(ctx, resolved.name) as tags:
        for key in sorted(resolved.values):
            send_value(ctx, resolved.name, key, resolved.values[key], **tags)


@subcommand(writes=True, cost=2)
def metadata_set(ctx: Context, target: str, key: str, value: str | None = None) -> None:
    """Set the value of a key, or delete the key if no value is given.

    Operators can change the metadata of a room; users can change their own. The keys
    `soju.im/pinned`, `soju.im/muted` and `soju.im/blocked` are private to your account: you can set
    them to 0 or 1 for any room or user, and only your devices see them.
    """
    if key in PRIVATE_KEYS:
        _set_private(ctx, target, key, value)
        return
    resolved = get_target(ctx, target)
    if not is_key(key):
        raise invalid_key(ctx, key)
    check_may_change(ctx, resolved, key)
    value = _wanted_value(ctx, resolved, key, value)
    if resolved.values.get(key) != value:
        charge_change(ctx, resolved.name, key)
        set_and_reply(ctx, resolved, key, value)
    else:
        send_value(ctx, resolved.name, key, value)


def _set_private(ctx: Context, target: str, key: str, value: str | None) -> None:
    name, value = check_private_change(ctx, target, key, value)
    if private_values_of(ctx, name).get(key) == value:
        send_value(ctx, name, key, value)
        return
    charge_change(ctx, name, key)
    event = set_private_value(ctx, name, key, value)
    send_value(ctx, name, key, value)
    ctx.bind_reply_to(event)


def _wanted_value(ctx: Context, target: MetadataTarget, key: str, value: str | None) -> str | None:
    """Return the value to set, or None to delete the key.

    In `draft/metadata-2`, the empty text is a value, and deleting an unset key is an error.

    Raises: FailReply.
    """
    if not uses_revision_2(ctx):
        value = value or None
    elif value is None and key not in target.values:
        raise failed("KEY_NOT_SET", target.name, key, text="The key is not set")
    if value is not None:
        check_value(ctx, target, key, value)
    return value


@subcommand(writes=True, cost=2)
def metadata_clear(ctx: Context, target: str) -> None:
    """Delete all your metadata, or that of a room that you moderate.

    The keys that are private to your account are deleted for any target.
    """
    private = private_values_of(ctx, target)
    resolved = get_readable_target(ctx, target, is_private=bool(private))
    try:
        check_may_change(ctx, resolved, "*")
    except FailReply:
        if not private:
            raise
        resolved = replace(resolved, values=private)
    if resolved.values:
        charge_change(ctx, resolved.name, "*")
    with metadata_batch(ctx, resolved.name) as tags:
        for key in sorted(resolved.values):
            set_and_reply(ctx, resolved, key, None, **tags)
