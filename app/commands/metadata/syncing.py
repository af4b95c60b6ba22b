"""Metadata synchronisation: sends the values that a client has subscribed to.

Used by METADATA SYNC, JOIN and MONITOR (https://ircv3.net/specs/extensions/metadata). Values that
fit into one page are sent at once. Otherwise JOIN and MONITOR ask the client to send METADATA SYNC
(RPL_METADATASYNCLATER), and SYNC sends the pages as deferred work, so that other clients are served
in between. Changes in the meantime are sent live, and later pages contain current values.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, islice

from app.commands.context import Context
from app.commands.metadata.private import PrivateValue, list_private_values, private_values_of
from app.commands.metadata.replies import failed, metadata_batch, postpone_sync, send_notification
from app.commands.metadata.targets import get_target
from app.commands.registry import subcommand
from app.engine.delivery.client import Client
from app.engine.submission_unit import SlowWork
from app.engine.world.room import Room
from app.engine.world.user import User
from app.engine.world.world import World

ALL_TARGETS = "*ALL"  # the target for everything that the client is notified of
MAX_OWNERS_PER_PAGE = 1_000  # users and rooms examined for one page
MAX_LINES_PER_PAGE = 250
MAX_SYNCS = 8  # concurrent paged synchronisations
RETRY_AFTER_SECONDS = 10  # sent when MAX_SYNCS is reached

Value = tuple[str, str, str]  # the name of the owner, the key and the value
Owner = User | Room | PrivateValue


@dataclass(slots=True)
class MetadataSync:
    """A synchronisation in progress; owners are examined lazily, page by page."""

    name: str
    client: Client
    owners: Iterator[Owner]
    is_done: bool = False
    sent: set[Owner] = field(default_factory=set)

    def page(self) -> list[Value]:
        """Return the next values, and set `is_done` if they are the last."""
        values: list[Value] = []
        examined = 0
        for owner in islice(self.owners, MAX_OWNERS_PER_PAGE):
            examined += 1
            if owner not in self.sent:
                self.sent.add(owner)
                values += _values(owner, self.client.subscriptions)
            if len(values) >= MAX_LINES_PER_PAGE:
                return values
        self.is_done = examined < MAX_OWNERS_PER_PAGE
        return values


def _values(owner: Owner, subscribed: frozenset[str]) -> Iterator[Value]:
    if isinstance(owner, PrivateValue):
        return iter([(owner.target, owner.key, owner.value)] if owner.key in subscribed else [])
    name, metadata = (owner.name, owner.metadata) if isinstance(owner, Room) else (owner.nick, owner.profile)
    return ((name, key, value) for key, value in metadata.items() if key in subscribed)


@subcommand(cost=2)
def metadata_sync(ctx: Context, target: str) -> SlowWork | None:
    """Show the current values of the keys that you have subscribed to.

    The target is a nick, a room with all its members, or `*ALL` for yourself, your rooms with their
    members, and the users that you monitor.
    """
    sync = _parse_target(ctx, target)
    values = sync.page()
    if sync.is_done:
        _send_complete(ctx, sync, values)
        return None
    if len(ctx.world.syncing) >= MAX_SYNCS:
        postpone_sync(ctx, sync.name, RETRY_AFTER_SECONDS)
        return None
    ctx.world.syncing.add(ctx.client)
    return _open_batch(ctx, sync, values)


def _parse_target(ctx: Context, target: str) -> MetadataSync:
    """Return the synchronisation for a target.

    Raises: FailReply when there is no such target.
    """
    if target == ALL_TARGETS:
        if ctx.user is None:
            raise failed("INVALID_TARGET", target, text="Before registration, the only valid target is `*`")
        return _make_sync(ctx, target, _all_owners(ctx.world, ctx.me, ctx.client))
    resolved = get_target(ctx, target)
    if isinstance(resolved.owner, Room):
        return _make_sync(ctx, resolved.name, _room_owners(ctx.world, resolved.owner, ctx.me))
    return _make_sync(ctx, resolved.name, iter([resolved.owner] if resolved.owner else []))


def _make_sync(ctx: Context, name: str, owners: Iterator[User | Room]) -> MetadataSync:
    """Return a synchronisation, without owners if the client has no subscriptions.

    What the caller's account keeps about the target comes first; for `*ALL`, about any target.
    """
    if not ctx.client.subscriptions:
        return MetadataSync(name, ctx.client, iter(()))
    about_one = (PrivateValue(name, *pair) for pair in private_values_of(ctx, name).items())
    private = list_private_values(ctx) if name == ALL_TARGETS else about_one
    return MetadataSync(name, ctx.client, chain(private, owners))


def _room_owners(world: World, room: Room, me: User) -> Iterator[User | Room]:
    """Yield a room and its members, until the user may no longer see them."""
    for session in (None, *room.members):
        if room.member(me) is None and not me.is_admin:
            return
        if session is None:
            yield room
        elif session in room.members:
            yield room.members[session].user


def _all_owners(world: World, me: User, client: Client) -> Iterator[User | Room]:
    """Yield the user, their rooms with all members, and the users that they monitor."""
    yield me
    for room in world.rooms_of(me):
        yield from _room_owners(world, room, me)
    for key in list(client.monitored):
        user = world.nicks.get(key)
        if user is not None:
            yield user


def _send_complete(ctx: Context, sync: MetadataSync, values: list[Value]) -> None:
    with metadata_batch(ctx, sync.name) as tags:
        for value in values:
            send_notification(ctx, *value, **tags)


def _open_batch(ctx: Context, sync: MetadataSync, values: list[Value]) -> SlowWork:
    """Open a batch that carries the label of the command; a later callback closes it."""
    batch = ctx.runtime.clock.new_token()
    label = {} if ctx.label is None else {"label": ctx.label}
    ctx.label = None
    ctx.send_from_server("BATCH", f"+{batch}", "metadata", sync.name, **label)
    return _send_page(ctx, sync, batch, values)


def _send_page(ctx: Context, sync: MetadataSync, batch: str, values: list[Value]) -> SlowWork:
    """Send a page; the next one is scheduled like a write, so that it waits for pending commits."""
    for value in values:
        send_notification(ctx, *value, batch=batch)
    return ctx.defer(lambda session: None, lambda resumed, _: _continue(resumed, sync, batch), writes=True)


def _continue(ctx: Context, sync: MetadataSync, batch: str) -> SlowWork | None:
    ctx.label = None  # carried by the batch
    values = sync.page()
    if values or not sync.is_done:
        return _send_page(ctx, sync, batch, values)
    ctx.send_from_server("BATCH", f"-{batch}")
    ctx.world.syncing.discard(ctx.client)
    return None


def send_room_metadata(ctx: Context, room: Room) -> None:
    """Send a client that joined a room the metadata of the room and its members."""
    _send_or_defer(ctx, room.name, _room_owners(ctx.world, room, ctx.me))


def send_new_subscriptions(ctx: Context, keys: frozenset[str]) -> None:
    """Send a client the values of keys that it has just subscribed to (`draft/metadata-2`)."""
    sync = _make_sync(ctx, ALL_TARGETS, _all_owners(ctx.world, ctx.me, ctx.client))
    values = sync.page()
    if sync.is_done:
        for name, key, value in values:
            if key in keys:
                send_notification(ctx, name, key, value)
    else:
        for room in ctx.world.rooms_of(ctx.me):
            postpone_sync(ctx, room.name, 0)


def send_user_metadata(ctx: Context, user: User) -> None:
    """Send a client the metadata of a user that it monitors."""
    _send_or_defer(ctx, user.nick, iter([user]))


def _send_or_defer(ctx: Context, name: str, owners: Iterator[User | Room]) -> None:
    """Send all values if they fit into one page, or ask the client to synchronise later."""
    if not ctx.client.knows_metadata:
        return
    sync = _make_sync(ctx, name, owners)
    values = sync.page()
    if sync.is_done:
        _send_complete(ctx, sync, values)
    else:
        postpone_sync(ctx, name, 0)
