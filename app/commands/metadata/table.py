"""The commands of metadata."""

from app.commands.metadata import metadata, subscriptions, syncing
from app.commands.registry import CommandEntry, Family

COMMANDS: tuple[CommandEntry, ...] = (
    Family(
        metadata.metadata,
        metadata.metadata_get,
        metadata.metadata_list,
        metadata.metadata_set,
        metadata.metadata_clear,
        syncing.metadata_sync,
        subscriptions.metadata_sub,
        subscriptions.metadata_unsub,
        subscriptions.metadata_subs,
    ),
)
