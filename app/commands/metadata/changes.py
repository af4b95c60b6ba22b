"""Changes of metadata, and the replies to them."""

from app.commands.context import Context
from app.commands.metadata import profiles
from app.commands.metadata.private import set_private_value
from app.commands.metadata.replies import send_value
from app.commands.metadata.targets import MetadataTarget
from app.engine.world.room import Room
from app.engine.world.user import User
from app.events import Event
from app.wire.metadata import PRIVATE_KEYS


def set_and_reply(ctx: Context, target: MetadataTarget, key: str, value: str | None, **tags: str) -> None:
    """Set or delete a value and reply with it."""
    if key in PRIVATE_KEYS:
        event = set_private_value(ctx, target.name, key, value)
        send_value(ctx, target.name, key, value, **tags)
        ctx.bind_reply_to(event)
        return
    if target.owner is not None:
        event = set_value(ctx, target.owner, key, value)
        send_value(ctx, target.name, key, value, **tags)
        ctx.bind_reply_to(event)
        return
    values = ctx.client.registration.metadata
    if value is None:
        values.pop(key, None)
    else:
        values[key] = value
    send_value(ctx, target.name, key, value, **tags)


def set_value(ctx: Context, owner: User | Room, key: str, value: str | None) -> Event:
    """Set or delete a public value of a user or a room."""
    return profiles.set_value(ctx.runtime, ctx.changeset, owner, key, value, ctx.me, ctx.client)
