"""The limits on metadata: lengths, numbers and the rate of changes."""

from math import ceil

from app.commands.context import Context
from app.commands.metadata.replies import failed, invalid_value, too_many_keys
from app.commands.metadata.targets import MetadataTarget
from app.engine.world.room import Room
from app.settings import ServerSettings, derive_prefix
from app.wire.framing import byte_length, space_after
from app.wire.metadata import MAX_KEY_BYTES, visibility
from app.wire.names import MAX_NICK_BYTES

MAX_SUBSCRIPTIONS = 50  # per connection
MAX_VALUE_BYTES = 300


def describe_limits(settings: ServerSettings) -> str:
    """Return the value of both capabilities: the limits, and `before-connect`."""
    space = _max_value_bytes(derive_prefix(settings.servername), "n" * MAX_NICK_BYTES, "k" * MAX_KEY_BYTES)
    return (
        f"before-connect,max-subs={MAX_SUBSCRIPTIONS},max-keys={settings.max_metadata},"
        f"max-key-bytes={MAX_KEY_BYTES},max-value-bytes={space}"
    )


def check_value(ctx: Context, target: MetadataTarget, key: str, value: str) -> None:
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


def charge_change(ctx: Context, target: str, key: str) -> None:
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
