"""Lists of rooms and members: LIST, with the conditions of ELIST=CMNTU, and NAMES."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from app.commands.channels import join_burst
from app.commands.context import Context
from app.commands.errors import NumericError
from app.commands.query_masks import COMPARISONS_PER_LINE, compile_query_mask
from app.commands.registry import command
from app.engine.world.room import Room
from app.wire import numerics
from app.wire.masks import is_mask

MINUTE_MILLISECONDS = 60_000
MAX_LISTED_ROOMS = 2_000  # per LIST; the largest rooms are listed, followed by ERR_TOOMANYMATCHES
MAX_CONDITIONS = 10  # per LIST, including masks; each is evaluated for every room

Condition = Callable[[Room], bool]
_CONDITION = re.compile(r"([ctu]?)([<>])([0-9]{1,9})", re.IGNORECASE)


@command("LIST", cost=3)
def list_(ctx: Context, conditions: str = "", server: str = "") -> None:
    """List all rooms, or those that meet comma-separated conditions, largest first.

    `#tea` names a room; `*tea*` matches names, and `!*tea*` excludes matches; `>3` and `<3` compare
    the number of members; `C<60` and `C>60` select rooms created less or more than 60 minutes ago;
    `T<60` and `T>60` do the same for the last topic change.
    """
    query = _parse_query(conditions, ctx.runtime.clock.now())
    ctx.client.reply_lines += len(ctx.world.rooms) * query.comparisons_per_room // COMPARISONS_PER_LINE
    rooms = [room for room in _select_named(ctx, query) if room.is_visible_to(ctx.me) and query.matches(room)]
    rooms.sort(key=lambda room: -len(room.members))
    ctx.reply(numerics.RPL_LISTSTART, "Channel", text="Users Topic")
    for room in rooms[:MAX_LISTED_ROOMS]:
        ctx.reply(numerics.RPL_LIST, room.name, str(len(room.members)), text=room.topic)
    if len(rooms) > MAX_LISTED_ROOMS:
        ctx.reply(numerics.ERR_TOOMANYMATCHES, "LIST")
    ctx.reply(numerics.RPL_LISTEND)


@command(cost=2)
def names(ctx: Context, channel: str = "*") -> None:
    """List the members of a room."""
    room = ctx.find_room(channel)
    if room is not None:
        join_burst.send_names(ctx, room, channel)
    else:
        ctx.reply(numerics.RPL_ENDOFNAMES, channel)


@dataclass(slots=True, frozen=True)
class ListQuery:
    """The parsed conditions of a LIST."""

    names: list[str]
    masks: list[re.Pattern[str]]
    excluded: list[re.Pattern[str]]
    conditions: list[Condition]

    @property
    def comparisons_per_room(self) -> int:
        """How many conditions are evaluated for each room, at least 1."""
        return len(self.masks) + len(self.excluded) + len(self.conditions) or 1

    def matches(self, room: Room) -> bool:
        """Return whether the room meets every condition; an orphaned room never does."""
        if room.is_orphaned or any(mask.fullmatch(room.key) for mask in self.excluded):
            return False
        return all(condition(room) for condition in self.conditions)


def _select_named(ctx: Context, query: ListQuery) -> Iterable[Room]:
    """Return the rooms that the query names or matches by mask, or all rooms if it has neither."""
    if not query.names and not query.masks:
        return ctx.world.rooms.values()
    selected = {room for room in map(ctx.world.find_room, query.names) if room is not None}
    if query.masks:
        rooms = ctx.world.rooms.values()
        selected |= {room for room in rooms if any(mask.fullmatch(room.key) for mask in query.masks)}
    return selected


def _parse_query(text: str, now: int) -> ListQuery:
    """Parse the conditions of a LIST.

    Raises: NumericError with ERR_TOOMANYTARGETS when there are too many, or with ERR_BADMASK.
    """
    words = [word for word in text.split(",") if word]
    comparisons = [match for word in words if (match := _CONDITION.fullmatch(word))]
    names = [word for word in words if not _CONDITION.fullmatch(word)]
    excluded = [word[1:] for word in names if word.startswith("!")]
    included = [word for word in names if not word.startswith("!")]
    masks = [word for word in included if is_mask(word)]
    if len(masks) + len(excluded) + len(comparisons) > MAX_CONDITIONS:
        raise NumericError(
            numerics.ERR_TOOMANYTARGETS, "LIST", text=f"LIST takes at most {MAX_CONDITIONS} conditions"
        )
    room_names = [word for word in included if not is_mask(word)]
    conditions = [_make_condition(match, now) for match in comparisons]
    return ListQuery(
        room_names,
        list(map(compile_query_mask, masks)),
        list(map(compile_query_mask, excluded)),
        conditions,
    )


def _make_condition(match: re.Match[str], now: int) -> Condition:
    """Return the predicate of one condition; ages are in minutes of wall-clock time."""
    letter, sign, limit = match[1].upper(), match[2], int(match[3])
    if letter == "C":
        return lambda room: _compare_age(now - room.created, sign, limit)
    if letter == "T":
        return lambda room: bool(room.topic_at) and _compare_age(now - room.topic_at, sign, limit)
    if sign == "<":
        return lambda room: len(room.members) < limit
    return lambda room: len(room.members) > limit


def _compare_age(age: int, sign: str, limit: int) -> bool:
    """Return whether an age in milliseconds is below (`<`) or at least (`>`) a limit in minutes."""
    return (max(age, 0) < limit * MINUTE_MILLISECONDS) == (sign == "<")
