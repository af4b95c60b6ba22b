"""What rooms there are and who is in them: LIST, with the conditions of ELIST=CMNTU, and NAMES."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from app.commands.channels import join_burst
from app.commands.context import Context
from app.commands.errors import NumericError
from app.commands.registry import command
from app.engine.world.room import Room
from app.wire import numerics
from app.wire.masks import compile_mask, is_mask

MINUTE_MILLISECONDS = 60_000  # milliseconds
MAX_LISTED_ROOMS = 2_000  # shown by one LIST: the largest ones, and then that there are more
COMPARISONS_PER_LINE = 10  # so many are as much work as a line of the answer
MAX_CONDITIONS = 10  # in one LIST; each is compared with every room

Condition = Callable[[Room], bool]
_CONDITION = re.compile(r"([ctu]?)([<>])([0-9]{1,9})", re.IGNORECASE)


@command("LIST", cost=3)
def list_(ctx: Context, conditions: str = "", server: str = "") -> None:
    """Show rooms, the largest first: all, or those that meet every condition of a list with commas.

    `#tea` is that room; `*tea*` matches names, `!*tea*` all others; `>3` and `<3` count people; `C<60` is made
    less than 60 minutes ago, `C>60` earlier; `T<60` and `T>60` say when the topic was set.
    """
    wish = _parse_query(conditions, ctx.runtime.clock.now())
    ctx.client.answered += len(ctx.world.rooms) * wish.comparisons_per_room // COMPARISONS_PER_LINE
    found = [room for room in _select_named(ctx, wish) if room.is_visible_to(ctx.me) and wish.matches(room)]
    found.sort(key=lambda room: -len(room.members))
    ctx.reply(numerics.RPL_LISTSTART, "Channel", text="Users Topic")
    for room in found[:MAX_LISTED_ROOMS]:
        ctx.reply(numerics.RPL_LIST, room.name, str(len(room.members)), text=room.topic)
    if len(found) > MAX_LISTED_ROOMS:
        ctx.reply(numerics.ERR_TOOMANYMATCHES, "LIST")
    ctx.reply(numerics.RPL_LISTEND)


@command(cost=2)
def names(ctx: Context, channel: str = "*") -> None:
    """Show who is in a room."""
    room = ctx.world.find_room(channel)
    if room is not None and room.is_visible_to(ctx.me):
        join_burst.send_names(ctx, room, channel)
    else:
        ctx.reply(numerics.RPL_ENDOFNAMES, channel)


@dataclass(slots=True, frozen=True)
class ListQuery:
    """Which rooms somebody wants to see listed."""

    names: list[str]
    masks: list[re.Pattern[str]]
    unwanted: list[re.Pattern[str]]
    conditions: list[Condition]

    @property
    def comparisons_per_room(self) -> int:
        """How often each room is looked at."""
        return len(self.masks) + len(self.unwanted) + len(self.conditions) or 1

    def matches(self, room: Room) -> bool:
        """Whether the room is one of those; an empty room that belongs to nobody never is."""
        if room.is_orphaned or any(mask.fullmatch(room.key) for mask in self.unwanted):
            return False
        return all(holds(room) for holds in self.conditions)


def _select_named(ctx: Context, wish: ListQuery) -> Iterable[Room]:
    """Return the rooms that the wish names, or all if it names none."""
    if not wish.names and not wish.masks:
        return ctx.world.rooms.values()
    found = {room for room in map(ctx.world.find_room, wish.names) if room is not None}
    if wish.masks:
        rooms = ctx.world.rooms.values()
        found |= {room for room in rooms if any(mask.fullmatch(room.key) for mask in wish.masks)}
    return found


def _parse_query(text: str, now: int) -> ListQuery:
    """Read the conditions of a LIST.

    Raises: Refused with ERR_TOOMANYTARGETS when there are too many to compare.
    """
    words = [word for word in text.split(",") if word]
    measures = [measure for word in words if (measure := _CONDITION.fullmatch(word))]
    names = [word for word in words if not _CONDITION.fullmatch(word)]
    unwanted = [word[1:] for word in names if word.startswith("!")]
    wanted = [word for word in names if not word.startswith("!")]
    masks = [word for word in wanted if is_mask(word)]
    if len(masks) + len(unwanted) + len(measures) > MAX_CONDITIONS:
        raise NumericError(numerics.ERR_TOOMANYTARGETS, "LIST", text="Too many conditions in one LIST")
    plain = [word for word in wanted if not is_mask(word)]
    tests = [_make_condition(found, now) for found in measures]
    return ListQuery(plain, list(map(compile_mask, masks)), list(map(compile_mask, unwanted)), tests)


def _make_condition(measure: re.Match[str], now: int) -> Condition:
    """Return the test of one condition; ages are in minutes, of the wall clock."""
    letter, sign, limit = measure[1].upper(), measure[2], int(measure[3])
    if letter == "C":
        return lambda room: _compare_age(now - room.created, sign, limit)
    if letter == "T":
        return lambda room: bool(room.topic_at) and _compare_age(now - room.topic_at, sign, limit)
    if sign == "<":
        return lambda room: len(room.members) < limit
    return lambda room: len(room.members) > limit


def _compare_age(age: int, sign: str, limit: int) -> bool:
    """Whether something is younger than so many minutes, or not: nothing is younger than zero."""
    return (max(age, 0) < limit * MINUTE_MILLISECONDS) == (sign == "<")
