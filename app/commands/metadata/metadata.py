"""Metadata of users and rooms: METADATA (https://ircv3.net/specs/extensions/metadata).

The metadata of users is public. The metadata of a room is visible to its members; for others it
appears empty, and a secret room appears not to exist. Before registration, a client can only set
its own metadata, which takes effect when registration completes. Some keys are private to the
account that sets them (`private`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil

from app.commands.context import Context
from app.commands.errors import FailReply
from app.commands.metadata import profiles
from app.commands.metadata.private import (
    check_private_change,
    list_private_values,
    private_values_of,
    set_private_value,
)
from app.commands.metadata.replies import (
    failed,
    invalid_key,
    invalid_value,
    metadata_batch,
    send_invalid_key,
    send_notification,
    send_value,
    too_many_keys,
    unknown_subcommand,
    uses_revision_2,
)
from app.commands.registry import command, subcommand
from app.engine.world.room import Room
from app.engine.world.user import User
from app.events import Event
from app.settings import ServerSettings, derive_prefix
from app.wire.framing import byte_length, space_after
from app.wire.metadata import MAX_KEY_BYTES, PRIVATE_KEYS, is_key, visibility
from app.wire.names import MAX_NICK_BYTES

MAX_SUBSCRIPTIONS = 50  # per connection
MAX_VALUE_BYTES = 300


@dataclass(frozen=True, slots=True)
class MetadataTarget:
    """A resolved target: its name, its visible values, and its owner (None before registration)."""

    name: str
    values: Mapping[str, str]
    owner: User | Room | None = None


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
    resolved = _get_readable_target(ctx, target, is_private=PRIVATE_KEYS.issuperset(names))
    with metadata_batch(ctx, resolved.name) as tags:
        for name in names:
            if is_key(name):
                send_value(ctx, resolved.name, name, resolved.values.get(name), **tags)
            else:
                send_invalid_key(ctx, name, **tags)


@subcommand()
def metadata_list(ctx: Context, target: str) -> None:
    """Show all keys and values of a user or a room."""
    resolved = _get_readable_target(ctx, target, is_private=bool(private_values_of(ctx, target)))
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
    _check_may_change(ctx, resolved, key)
    value = _wanted_value(ctx, resolved, key, value)
    if resolved.values.get(key) != value:
        _charge_change(ctx, resolved.name, key)
        _set_and_reply(ctx, resolved, key, value)
    else:
        send_value(ctx, resolved.name, key, value)


def _set_private(ctx: Context, target: str, key: str, value: str | None) -> None:
    name, value = check_private_change(ctx, target, key, value)
    if private_values_of(ctx, name).get(key) == value:
        send_value(ctx, name, key, value)
        return
    _charge_change(ctx, name, key)
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
        _check_value(ctx, target, key, value)
    return value


@subcommand(writes=True, cost=2)
def metadata_clear(ctx: Context, target: str) -> None:
    """Delete all your metadata, or that of a room that you moderate.

    The keys that are private to your account are deleted for any target.
    """
    private = private_values_of(ctx, target)
    resolved = _get_readable_target(ctx, target, is_private=bool(private))
    try:
        _check_may_change(ctx, resolved, "*")
    except FailReply:
        if not private:
            raise
        resolved = replace(resolved, values=private)
    if resolved.values:
        _charge_change(ctx, resolved.name, "*")
    with metadata_batch(ctx, resolved.name) as tags:
        for key in sorted(resolved.values):
            _set_and_reply(ctx, resolved, key, None, **tags)


def tokens(settings: ServerSettings) -> str:
    """Return the value of both capabilities: the limits, and `before-connect`."""
    space = _max_value_bytes(derive_prefix(settings.servername), "n" * MAX_NICK_BYTES, "k" * MAX_KEY_BYTES)
    return (
        f"before-connect,max-subs={MAX_SUBSCRIPTIONS},max-keys={settings.max_metadata},"
        f"max-key-bytes={MAX_KEY_BYTES},max-value-bytes={space}"
    )


def _get_readable_target(ctx: Context, word: str, is_private: bool) -> MetadataTarget:
    """Return a target with its public values and those that the caller's account keeps about it.

    With `is_private`, the target need not exist.

    Raises: FailReply.
    """
    private = private_values_of(ctx, word)
    try:
        found = get_target(ctx, word)
    except FailReply:
        if not is_private or ctx.user is None:
            raise
        found = MetadataTarget(word, {})
    return replace(found, values={**found.values, **private})


def get_target(ctx: Context, word: str) -> MetadataTarget:
    """Return the user or room that a target parameter refers to.

    Raises: FailReply when there is no such nick or room, or the caller may not see it.
    """
    me = ctx.user
    if me is None:
        if word != "*":
            raise failed("INVALID_TARGET", word, text="Before registration, the only valid target is `*`")
        return MetadataTarget("*", ctx.client.registration.metadata)
    room = ctx.find_room(word)
    if room is not None:
        may_read = room.member(me) is not None or me.is_admin
        return MetadataTarget(room.name, room.metadata if may_read else {}, room)
    user = me if word == "*" else ctx.world.find_user(word)
    if user is None:
        raise failed("INVALID_TARGET", word, text="No such nick or room")
    return MetadataTarget(user.nick, user.profile, user)


def finish_registration(ctx: Context) -> None:
    """Apply the values set before registration, and send the client its own metadata."""
    _apply_early_values(ctx)
    if not ctx.client.knows_metadata:
        return
    me = ctx.me
    with metadata_batch(ctx, me.nick) as tags:
        for key in sorted(me.profile):
            send_notification(ctx, me.nick, key, me.profile[key], **tags)
        for found in list_private_values(ctx):
            if found.key in ctx.client.subscriptions:
                send_notification(ctx, found.target, found.key, found.value, **tags)


def _apply_early_values(ctx: Context) -> None:
    values, me = ctx.client.registration.metadata, ctx.me
    for key, value in values.items():
        if me.profile.get(key) != value:
            with ctx.continue_on_error():
                _check_value(ctx, MetadataTarget(me.nick, me.profile, me), key, value)
                _set_value(ctx, me, key, value)
    values.clear()


def _check_may_change(ctx: Context, target: MetadataTarget, key: str) -> None:
    """Check that the caller may change the target; administrators may change any target.

    Raises: FailReply with KEY_NO_PERMISSION.
    """
    me, owner = ctx.user, target.owner
    if me is None or me.is_admin:
        return
    if isinstance(owner, Room):
        may_change, text = owner.is_operator(me), "Only operators can change the metadata of a room"
    else:
        may_change = owner is not None and owner.principal is me.principal
        text = "You cannot change the metadata of other users"
    if not may_change:
        raise failed("KEY_NO_PERMISSION", target.name, key, text=text)


def _check_value(ctx: Context, target: MetadataTarget, key: str, value: str) -> None:
    """Check the length of a value and the number of keys.

    Raises: FailReply with INVALID_VALUE or LIMIT_REACHED.
    """
    name = target.name if isinstance(target.owner, Room) else "n" * MAX_NICK_BYTES
    max_bytes, max_keys = (
        _max_value_bytes(ctx.runtime.server_name, name, key),
        ctx.runtime.settings.max_metadata,
    )
    if byte_length(value) > max_bytes:
        raise invalid_value(ctx, key, f"The value must have at most {max_bytes} bytes")
    if key not in target.values and len(target.values) >= max_keys:
        raise too_many_keys(ctx, target.name, max_keys)


def _max_value_bytes(server: str, name: str, key: str) -> int:
    """Return the maximum length of a value in bytes, so that RPL_KEYVALUE always fits in a line."""
    start = f":{server} 761 {'n' * MAX_NICK_BYTES} {name} {key} {visibility(key)} :"
    return min(MAX_VALUE_BYTES, max(space_after(start), 0))


def _charge_change(ctx: Context, target: str, key: str) -> None:
    """Count a change against the rate limit, because each change is sent to many clients.

    Raises: FailReply with RATE_LIMITED.
    """
    if ctx.user is None:
        return
    changes, party = ctx.runtime.rate_limits.metadata, ctx.me.party
    seconds = changes.delay_seconds(party)
    if seconds > 0:
        delay = str(ceil(seconds))
        text = f"Too many changes; wait {delay} seconds"
        raise failed("RATE_LIMITED", target, key, delay, text=text)
    changes.record(party)


def _set_and_reply(ctx: Context, target: MetadataTarget, key: str, value: str | None, **tags: str) -> None:
    """Set or delete a value and reply with it."""
    if key in PRIVATE_KEYS:
        event = set_private_value(ctx, target.name, key, value)
        send_value(ctx, target.name, key, value, **tags)
        ctx.bind_reply_to(event)
        return
    if target.owner is not None:
        event = _set_value(ctx, target.owner, key, value)
        send_value(ctx, target.name, key, value, **tags)
        ctx.bind_reply_to(event)
        return
    values = ctx.client.registration.metadata
    if value is None:
        values.pop(key, None)
    else:
        values[key] = value
    send_value(ctx, target.name, key, value, **tags)


def _set_value(ctx: Context, owner: User | Room, key: str, value: str | None) -> Event:
    return profiles.set_value(ctx.runtime, ctx.changeset, owner, key, value, ctx.me, ctx.client)
