"""The reducer for user and room metadata."""

from app.engine.world.user import Metadata
from app.engine.world.world import World
from app.events import Event
from app.events.data import MetadataChangeData, PrivateMetadataData
from app.wire.names import fold


def metadata(world: World, event: Event) -> None:
    """Set or remove a metadata key.

    The previous value is kept as the secret of the event, so that `World.revert` can restore it if
    the event cannot be stored.
    """
    values, key = _find_values(world, event), MetadataChangeData.of(event).key
    if values is None:
        return
    event.secret = values.get(key)
    if event.text is None:
        values.pop(key, None)
    else:
        values[key] = event.text


def private_metadata(world: World, event: Event) -> None:
    """Set or remove a private value, keeping the previous value for `World.revert`."""
    account = world.find_account(event.account or "")
    if account is None:
        return
    values, entry = (
        account.private_metadata,
        (fold(event.target or ""), PrivateMetadataData.of(event).key),
    )
    event.secret = values.pop(entry, None)
    if event.text is not None:
        values[entry] = event.text


def _find_values(world: World, event: Event) -> Metadata | None:
    holder = world.find_principal(event) if event.room is None else world.rooms.get(event.room)
    return None if holder is None else holder.metadata
