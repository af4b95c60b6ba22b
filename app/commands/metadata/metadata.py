"""What people and rooms say of themselves for clients to show: METADATA (IRCv3 draft/metadata-3).

Anybody is asked by nick. A room is asked by those who are inside; to others it says nothing, and a secret one
is not there. Before registration a connection speaks for itself only, and what it says holds once it is in.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil

from app.commands.batches import response_batch
from app.commands.context import Context
from app.commands.errors import FailReply
from app.commands.metadata import profiles
from app.commands.registry import command, subcommand
from app.engine.world.room import Room
from app.engine.world.user import User
from app.events import Event
from app.settings import ServerSettings, prefix_of
from app.wire import numerics
from app.wire.framing import byte_length, space_after
from app.wire.line import plain
from app.wire.metadata import MAX_KEY_BYTES, is_key
from app.wire.names import MAX_NICK_BYTES

MAX_SUBSCRIPTIONS = 50  # of one connection
MAX_VALUE_BYTES = 300
VISIBLE_TO_ALL = "*"  # who sees a key: there are none that only some see


@dataclass(frozen=True, slots=True)
class MetadataTarget:
    """Who or what is meant: the name, and what may be seen; it has no owner before registration."""

    name: str
    values: Mapping[str, str]
    owner: User | Room | None = None


@command("METADATA", before_registration=True, subcommand_index=1)
def metadata(ctx: Context, target: str, subcommand: str, *more: str) -> None:
    """Show and change what you or a room say for clients to show: GET, LIST, SET, CLEAR, SUB, UNSUB, SUBS, SYNC.

    The target is a nick, a room, or `*` for yourself: `METADATA * SET display-name :Anna from the tea room`.
    """
    word = subcommand if plain(subcommand) == subcommand else "*"
    raise failed("INVALID_PARAMS", word, text="METADATA has GET, LIST, SET, CLEAR, SUB, UNSUB, SUBS and SYNC")


@subcommand()
def metadata_get(ctx: Context, target: str, key: str, *keys: str) -> None:
    """Show what is said under some keys."""
    found = get_target(ctx, target)
    with metadata_batch(ctx, found.name) as tags:
        for wanted in (key, *keys):
            if is_key(wanted):
                send_value(ctx, found.name, wanted, found.values.get(wanted), **tags)
            else:
                warn_invalid_key(ctx, wanted, **tags)


@subcommand()
def metadata_list(ctx: Context, target: str) -> None:
    """Show everything that somebody or a room says."""
    found = get_target(ctx, target)
    with metadata_batch(ctx, found.name) as tags:
        for key in sorted(found.values):
            send_value(ctx, found.name, key, found.values[key], **tags)


@subcommand(writes=True, cost=2)
def metadata_set(ctx: Context, target: str, key: str, value: str = "") -> None:
    """Say something under a key, or nothing any more without a value; in rooms for operators."""
    found = get_target(ctx, target)
    if not is_key(key):
        raise failed("INVALID_KEY", key, text=KEY_SYNTAX)
    _check_may_change(ctx, found, key)
    if value:
        _check_value(ctx, found, key, value)
    if found.values.get(key) != (value or None):
        _charge_change(ctx, found, key)
        _set_and_reply(ctx, found, key, value or None)
    else:
        send_value(ctx, found.name, key, value or None)


@subcommand(writes=True, cost=2)
def metadata_clear(ctx: Context, target: str) -> None:
    """Say nothing any more; in rooms for operators."""
    found = get_target(ctx, target)
    _check_may_change(ctx, found, "*")
    if found.values:
        _charge_change(ctx, found, "*")
    with metadata_batch(ctx, found.name) as tags:
        for key in sorted(found.values):
            _set_and_reply(ctx, found, key, None, **tags)


KEY_SYNTAX = f"A key is up to {MAX_KEY_BYTES} letters of a-z, 0-9 and _./-"


def tokens(settings: ServerSettings) -> str:
    """Return what is said of the capability: when, and how much."""
    space = _max_value_bytes(prefix_of(settings.servername), "n" * MAX_NICK_BYTES, "k" * MAX_KEY_BYTES)
    return (
        f"before-connect,max-subs={MAX_SUBSCRIPTIONS},max-keys={settings.max_metadata},"
        f"max-key-bytes={MAX_KEY_BYTES},max-value-bytes={space}"
    )


def get_target(ctx: Context, word: str) -> MetadataTarget:
    """Return who or what is meant.

    Raises: Failed when there is no such nick or room, or none that the caller may know of.
    """
    me = ctx.user
    if me is None:
        if word != "*":
            raise failed("INVALID_TARGET", word, text="Before you are registered there is only `*`, yourself")
        return MetadataTarget("*", ctx.client.registration.metadata)
    room = ctx.world.find_room(word)
    if room is not None and room.is_visible_to(me):
        is_inside = room.member(me) is not None or me.is_admin
        return MetadataTarget(room.name, room.metadata if is_inside else {}, room)
    user = me if word == "*" else ctx.world.find_user(word)
    if user is None:
        raise failed("INVALID_TARGET", word, text="There is no such nick or room")
    return MetadataTarget(user.nick, user.profile, user)


@contextmanager
def metadata_batch(ctx: Context, *words: str) -> Iterator[dict[str, str]]:
    """Put answers into a batch; for a client that knows none, say when that is all."""
    with response_batch(ctx, "metadata", *words) as tags:
        yield tags
    if not tags:
        ctx.reply(numerics.RPL_METADATAEND)


def send_value(ctx: Context, name: str, key: str, value: str | None, **tags: str) -> None:
    """Tell what is said under a key, or that nothing is."""
    if value is None:
        ctx.reply(numerics.RPL_KEYNOTSET, name, key, **tags)
    else:
        ctx.reply(numerics.RPL_KEYVALUE, name, key, VISIBLE_TO_ALL, text=value, **tags)


def warn_invalid_key(ctx: Context, key: str, **tags: str) -> None:
    """Say that one of several keys can be none, and is passed over."""
    ctx.send_from_server("WARN", "METADATA", "INVALID_KEY", plain(key), text=KEY_SYNTAX, **tags)


def finish_registration(ctx: Context) -> None:
    """Hold to what a connection said before it was let in, and tell it all that its person says."""
    _apply_early_values(ctx)
    if ctx.client.knows_metadata:
        metadata_list(ctx, "*")


def _apply_early_values(ctx: Context) -> None:
    said, me = ctx.client.registration.metadata, ctx.me
    for key, value in said.items():
        if me.profile.get(key) != value:
            with ctx.continue_on_error():
                found = MetadataTarget(me.nick, me.profile, me)
                _check_value(ctx, found, key, value)
                _set_value(ctx, me, key, value)
    said.clear()


def _check_may_change(ctx: Context, target: MetadataTarget, key: str) -> None:
    """Refuse who may not speak for the target: others do for nobody, administrators for all.

    Raises: Failed.
    """
    me, owner = ctx.user, target.owner
    if me is None or me.is_admin:
        return
    if isinstance(owner, Room):
        may, text = owner.is_operator(me), "Only operators of the room may"
    else:
        may, text = owner is not None and owner.reader is me.reader, "Only they may"
    if not may:
        raise failed("KEY_NO_PERMISSION", target.name, key, text=text)


def _check_value(ctx: Context, target: MetadataTarget, key: str, value: str) -> None:
    """Refuse what would not be told whole, and more keys than there may be.

    Raises: Failed.
    """
    name = target.name if isinstance(target.owner, Room) else "n" * MAX_NICK_BYTES
    most, keys = _max_value_bytes(ctx.runtime.server_name, name, key), ctx.runtime.settings.max_metadata
    if byte_length(value) > most:
        raise failed("INVALID_VALUE", key, text=f"The value is too long: {most} bytes are the most")
    if key not in target.values and len(target.values) >= keys:
        raise failed("LIMIT_REACHED", target.name, str(keys), text=f"There are {keys} keys already")


def _max_value_bytes(server: str, name: str, key: str) -> int:
    """Return how many bytes a value may have, so that it fits into a 761 to anybody."""
    start = f":{server} 761 {'n' * MAX_NICK_BYTES} {name} {key} {VISIBLE_TO_ALL} :"
    return min(MAX_VALUE_BYTES, max(space_after(start), 0))


def _charge_change(ctx: Context, target: MetadataTarget, key: str) -> None:
    """Count a change; each is told to many.

    Raises: Failed when the caller changes much in a short time.
    """
    if ctx.user is None:
        return
    changes, party = ctx.runtime.rate_limits.metadata, ctx.me.party
    seconds = changes.wait(party)
    if seconds > 0:
        whole = str(ceil(seconds))
        text = f"You change much in a short time; wait {whole} seconds"
        raise failed("RATE_LIMITED", target.name, key, whole, text=text)
    changes.note(party)


def _set_and_reply(ctx: Context, target: MetadataTarget, key: str, value: str | None, **tags: str) -> None:
    """Let the target say something else, and tell the caller."""
    if target.owner is not None:
        event = _set_value(ctx, target.owner, key, value)
        send_value(ctx, target.name, key, value, **tags)
        ctx.bind_reply_to(event)
        return
    said = ctx.client.registration.metadata
    if value is None:
        said.pop(key, None)
    else:
        said[key] = value
    send_value(ctx, target.name, key, value, **tags)


def _set_value(ctx: Context, owner: User | Room, key: str, value: str | None) -> Event:
    return profiles.set_value(ctx.runtime, ctx.changeset, owner, key, value, ctx.me, ctx.client)


def failed(code: str, *context: str, text: str) -> FailReply:
    """Return a failure of METADATA."""
    return FailReply("METADATA", code, *context, text=text)
