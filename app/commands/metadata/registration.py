"""Metadata when a client completes its registration."""

from app.commands.context import Context
from app.commands.metadata.changes import set_value
from app.commands.metadata.limits import check_value
from app.commands.metadata.private import list_private_values
from app.commands.metadata.replies import metadata_batch, send_notification
from app.commands.metadata.targets import MetadataTarget


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
                check_value(ctx, MetadataTarget(me.nick, me.profile, me), key, value)
                set_value(ctx, me, key, value)
    values.clear()
