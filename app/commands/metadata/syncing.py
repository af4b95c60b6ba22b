"""Telling the metadata that a client has subscribed to, at once or page by page: METADATA SYNC, JOIN, MONITOR.

What fits a page is told in one go. For more the client is asked to come again (774), and when it asks, one page
follows the other with the work of everybody else in between, each when most of the last has been read. What
changes meanwhile is told as it changes; a page that comes later says how it is then.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from app.commands.context import Context
from app.commands.metadata.metadata import failed, get_target, metadata_batch, send_value
from app.commands.registry import subcommand
from app.engine.delivery.client import Client
from app.engine.submission_unit import SlowWork
from app.engine.world.room import Room
from app.engine.world.user import User
from app.engine.world.world import World
from app.wire import numerics

ALL_TARGETS = "*ALL"  # the target that means all whom one is told of
MAX_OWNERS_PER_PAGE = 1_000  # people and rooms looked at for a page
MAX_LINES_PER_PAGE = 250
MAX_SYNCS = 8  # that are told page by page at a time
RETRY_AFTER_SECONDS = 10  # when another one may try

Value = tuple[str, str, str]  # of whom, the key, the value


@dataclass(slots=True)
class MetadataSync:
    """What a client is still to be told: the owners are looked at when their page comes."""

    name: str
    client: Client
    owners: Iterator[User | Room]
    is_done: bool = False
    told: set[User | Room] = field(default_factory=set)

    def page(self) -> list[Value]:
        """Return the next values; `is_done` says whether they are the last."""
        values: list[Value] = []
        looked_at = 0
        for owner in islice(self.owners, MAX_OWNERS_PER_PAGE):
            looked_at += 1
            if owner not in self.told:
                self.told.add(owner)
                values += _values(owner, self.client.subscribed)
            if len(values) >= MAX_LINES_PER_PAGE:
                return values
        self.is_done = looked_at < MAX_OWNERS_PER_PAGE
        return values


def _values(owner: User | Room, subscribed: frozenset[str]) -> Iterator[Value]:
    name, said = (owner.name, owner.metadata) if isinstance(owner, Room) else (owner.nick, owner.profile)
    return ((name, key, value) for key, value in said.items() if key in subscribed)


@subcommand(cost=2)
def metadata_sync(ctx: Context, target: str) -> SlowWork | None:
    """Show what is said under the keys that you have subscribed to; by a room and all inside, or by `*ALL`."""
    sync = _parse_target(ctx, target)
    values = sync.page()
    if sync.is_done:
        _send_complete(ctx, sync, values)
        return None
    if len(ctx.world.syncing) >= MAX_SYNCS:
        ctx.reply(numerics.RPL_METADATASYNCLATER, sync.name, str(RETRY_AFTER_SECONDS))
        return None
    ctx.world.syncing.add(ctx.client)
    return _open_batch(ctx, sync, values)


def _parse_target(ctx: Context, target: str) -> MetadataSync:
    """Return what a client asks for.

    Raises: Failed when there is no such target.
    """
    if target == ALL_TARGETS:
        if ctx.user is None:
            raise failed(
                "INVALID_TARGET", target, text="Before you are registered there is only `*`, yourself"
            )
        return _make_sync(ctx, target, _all_owners(ctx.world, ctx.me, ctx.client))
    found = get_target(ctx, target)
    if isinstance(found.owner, Room):
        return _make_sync(ctx, found.name, _room_owners(ctx.world, found.owner, ctx.me))
    return _make_sync(ctx, found.name, iter([found.owner] if found.owner else []))


def _make_sync(ctx: Context, name: str, owners: Iterator[User | Room]) -> MetadataSync:
    """Return what there is to tell; who has subscribed to nothing is told nothing, whoever there is."""
    return MetadataSync(name, ctx.client, owners if ctx.client.subscribed else iter(()))


def _room_owners(world: World, room: Room, me: User) -> Iterator[User | Room]:
    """Yield a room and who is in it, as long as the one who asks may see that."""
    for session in (None, *room.members):
        if room.member(me) is None and not me.is_admin:
            return
        if session is None:
            yield room
        elif session in room.members:
            yield room.members[session].user


def _all_owners(world: World, me: User, client: Client) -> Iterator[User | Room]:
    """Yield all of whom somebody is told: themselves, their rooms and who is there, and those they watch."""
    yield me
    for room in world.rooms_of(me):
        yield from _room_owners(world, room, me)
    for key in list(client.watched):
        user = world.nicks.get(key)
        if user is not None:
            yield user


def _send_complete(ctx: Context, sync: MetadataSync, values: list[Value]) -> None:
    with metadata_batch(ctx, sync.name) as tags:
        for value in values:
            send_value(ctx, *value, **tags)


def _open_batch(ctx: Context, sync: MetadataSync, values: list[Value]) -> SlowWork:
    """Open a batch that ends in another turn; it has the label itself, because nothing can be put around it."""
    batch = ctx.runtime.clock.token()
    label = {} if ctx.label is None else {"label": ctx.label}
    ctx.label = None
    ctx.send_from_server("BATCH", f"+{batch}", "metadata", sync.name, **label)
    return _send_page(ctx, sync, batch, values)


def _send_page(ctx: Context, sync: MetadataSync, batch: str, values: list[Value]) -> SlowWork:
    """Tell a page; the next turn counts as one that writes, so that it waits while the world is ahead of the log."""
    for value in values:
        send_value(ctx, *value, batch=batch)
    return ctx.defer(lambda session: None, lambda again, _: _continue(again, sync, batch), writes=True)


def _continue(ctx: Context, sync: MetadataSync, batch: str) -> SlowWork | None:
    ctx.label = None  # the batch has it
    values = sync.page()
    if values or not sync.is_done:
        return _send_page(ctx, sync, batch, values)
    ctx.send_from_server("BATCH", f"-{batch}")
    ctx.world.syncing.discard(ctx.client)
    return None


def send_room_metadata(ctx: Context, room: Room) -> None:
    """Tell a client that came into a room what it and the people inside say."""
    _send_or_defer(ctx, room.name, _room_owners(ctx.world, room, ctx.me))


def send_user_metadata(ctx: Context, user: User) -> None:
    """Tell a client that watches somebody what they say."""
    _send_or_defer(ctx, user.nick, iter([user]))


def _send_or_defer(ctx: Context, name: str, owners: Iterator[User | Room]) -> None:
    """Tell what fits a page, or ask the client to come again for more."""
    if not ctx.client.knows_metadata:
        return
    sync = _make_sync(ctx, name, owners)
    values = sync.page()
    if sync.is_done:
        _send_complete(ctx, sync, values)
    else:
        ctx.reply(numerics.RPL_METADATASYNCLATER, name, "0")
