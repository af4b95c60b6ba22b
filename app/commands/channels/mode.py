"""The modes of rooms: MODE; with a nick, `usermodes` goes on.

A change is looked at letter by letter; refused ones are answered, the others become one event and one line.
"""

from collections.abc import Callable

from app.commands.channels import usermodes
from app.commands.context import Context
from app.commands.errors import NumericError
from app.commands.registry import command
from app.engine.world.room import Room
from app.events import Kind, RoomKey
from app.wire import extbans, numerics, word_filter
from app.wire.framing import byte_length, space_after
from app.wire.line import plain
from app.wire.modes import (
    FLAGS,
    LISTS,
    MAX_KEY_LENGTH,
    MAX_PAUSE_SECONDS,
    MAX_USER_LIMIT,
    ROLES,
    WORD_FILTER,
    ModeChange,
    format_changes,
    parse_changes,
)
from app.wire.names import caseless
from app.wire.numbers import parse_number

_LIST_REPLIES = {
    "b": (numerics.RPL_BANLIST, numerics.RPL_ENDOFBANLIST),
    "e": (numerics.RPL_EXCEPTLIST, numerics.RPL_ENDOFEXCEPTLIST),
    "I": (numerics.RPL_INVEXLIST, numerics.RPL_ENDOFINVEXLIST),
    "g": (numerics.RPL_WORDLIST, numerics.RPL_ENDOFWORDLIST),
}
ValidChange = tuple[ModeChange, int | None]  # with the account that keeps the role


@command(writes=True)
def mode(ctx: Context, target: str, modes: str = "", *arguments: str) -> None:
    """Show or change the modes of a room you moderate, or your own.

    Your own are B (you are a program), i (masks do not find you) and w (you hear WALLOPS); an administrator has
    o beside them, and may renounce it.
    """
    if not target.startswith("#"):
        usermodes.show_or_change(ctx, target, modes)
    elif not modes:
        _show(ctx, ctx.get_room(target))
    else:
        room = ctx.get_room(target)
        apply_changes(ctx, room, parse_changes(modes, list(arguments)), room.is_operator(ctx.me))


def _show(ctx: Context, room: Room) -> None:
    is_inside = room.member(ctx.me) is not None
    ctx.reply(numerics.RPL_CHANNELMODEIS, room.name, *room.mode_words(show_key=is_inside))
    ctx.reply(numerics.RPL_CREATIONTIME, room.name, str(room.created // 1000))


def apply_changes(ctx: Context, room: Room, changes: list[ModeChange], is_allowed: bool) -> None:
    """Make the changes that can be made, if the caller is allowed to make any, and show lists that are asked for."""
    decided: list[ValidChange] = []
    for wanted in changes:
        with ctx.continue_on_error():
            if wanted.letter in LISTS and wanted.argument is None:
                _show_list(ctx, room, wanted.letter, is_allowed)
            else:
                found = _validate(ctx, room, wanted, is_allowed)
                _check_list_limit(ctx, room, decided, found)
                decided += found
    if decided:
        _emit_in_lines(ctx, room, decided)


def _check_list_limit(ctx: Context, room: Room, decided: list[ValidChange], found: list[ValidChange]) -> None:
    """Refuse what a list has no place for, with what was decided just before.

    Raises: Refused with ERR_BANLISTFULL.
    """
    for change, _ in found:
        if change.letter not in LISTS or change.sign == "-":
            continue
        new = [one.sign for one, _ in decided if one.letter == change.letter]
        if (
            len(room.lists[change.letter]) + new.count("+") - new.count("-")
            >= ctx.runtime.settings.max_list_entries
        ):
            raise NumericError(numerics.ERR_BANLISTFULL, room.name, change.letter)


def _emit_in_lines(ctx: Context, room: Room, decided: list[ValidChange]) -> None:
    """Make the changes, as few events as their lines have room for."""
    space = space_after(f":{ctx.me.source} MODE {room.name} ")
    portion: list[ValidChange] = []
    for one in decided:
        is_other = portion and (one[0].letter == WORD_FILTER) != (portion[0][0].letter == WORD_FILTER)
        if portion and (is_other or byte_length(_format([*portion, one])) > space):
            _emit_line(ctx, room, portion)
            portion = []
        portion.append(one)
    _emit_line(ctx, room, portion)


def _emit_line(ctx: Context, room: Room, decided: list[ValidChange]) -> None:
    """Make some changes one event. A key is told to the members, but the log does not keep it.

    What nobody may say is told to those who moderate the room only; others find that there was a change.
    """
    shown = [(_masked(change, "k" + WORD_FILTER), account) for change, account in decided]
    kept = [(_masked(change, "k"), account) for change, account in decided]
    rows = [[change.sign, change.letter, change.argument, account] for change, account in kept]
    event = ctx.event(Kind.MODE, room, target=room.name, text=_format(shown), data={"changes": rows})
    if not room.is_operator(ctx.me):
        event.data["override"] = True  # by the standing of an administrator (SAMODE)
    if shown != decided:
        keys = [change for change, _ in decided if change.letter == "k"]
        key = keys[-1].argument if keys and keys[-1].sign == "+" else None
        event.secret = RoomKey(key, _format(decided))
    is_for_operators = decided[0][0].letter == WORD_FILTER
    ctx.emit(event, room.operators() if is_for_operators else room.audience)


def _masked(change: ModeChange, secret: str) -> ModeChange:
    return ModeChange(change.sign, change.letter, "*") if change.letter in secret else change


def _format(decided: list[ValidChange]) -> str:
    return " ".join(format_changes(change for change, _ in decided))


def _show_list(ctx: Context, room: Room, letter: str, is_allowed: bool) -> None:
    if room.member(ctx.me) is None and not is_allowed:
        raise NumericError(numerics.ERR_NOTONCHANNEL, room.name)
    if letter == WORD_FILTER and not is_allowed:
        raise NumericError(numerics.ERR_CHANOPRIVSNEEDED, room.name)
    entry_reply, end_reply = _LIST_REPLIES[letter]
    for mask, entry in room.lists[letter].items():
        ctx.reply(entry_reply, room.name, mask, entry.by, str(entry.at // 1000))
    ctx.reply(end_reply, room.name)


def _validate(ctx: Context, room: Room, change: ModeChange, is_allowed: bool) -> list[ValidChange]:
    """Return the change as it is to be made, or nothing if it would change nothing.

    Raises: Refused when it may not or cannot be made.
    """
    decide = _VALIDATORS.get(change.letter)
    if decide is None:
        text = f"is not a mode of rooms known to me, for {room.name}"
        raise NumericError(numerics.ERR_UNKNOWNMODE, change.letter, text=text)
    if not is_allowed:
        raise NumericError(numerics.ERR_CHANOPRIVSNEEDED, room.name)
    return decide(ctx, room, change)


def _validate_flag(ctx: Context, room: Room, change: ModeChange) -> list[ValidChange]:
    is_set = change.letter in room.modes
    return [] if is_set == (change.sign == "+") else [(ModeChange(change.sign, change.letter), None)]


def _validate_role(ctx: Context, room: Room, change: ModeChange) -> list[ValidChange]:
    if change.argument is None:
        raise NumericError(numerics.ERR_NEEDMOREPARAMS, "MODE")
    user = ctx.get_user(change.argument)
    member = room.member(user)
    if member is None:
        raise NumericError(numerics.ERR_USERNOTINCHANNEL, user.nick, room.name)
    if (change.letter in member.roles) == (change.sign == "+"):
        return []
    account = user.account.id if user.account else None
    return [(ModeChange(change.sign, change.letter, user.nick), account)]


def _validate_list_entry(ctx: Context, room: Room, change: ModeChange) -> list[ValidChange]:
    mask = _canonical_entry(room, change)
    kept = room.lists[change.letter]
    same = next((known for known in kept if caseless(known) == caseless(mask)), None)
    if change.sign == "-":
        return [(ModeChange("-", change.letter, same), None)] if same else []
    if same or byte_length(mask) > 200:
        return []
    return [(ModeChange("+", change.letter, mask), None)]


def _canonical_entry(room: Room, change: ModeChange) -> str:
    """Return a mask, or a word, as it is kept.

    Raises: Refused when it is none.
    """
    written = change.argument or ""
    try:
        if change.letter == "I" and extbans.is_mute(written):
            raise ValueError("Who may come in is no matter of their voice")
        if change.letter != WORD_FILTER:
            return extbans.complete_mask(written)
        if " " in written or written.startswith(":"):
            raise ValueError("A word has no space in it")
        word_filter.parse_word(written)
    except ValueError as error:
        shown = plain(written) if written else "*"
        raise NumericError(
            numerics.ERR_INVALIDMODEPARAM, room.name, change.letter, shown, text=str(error)
        ) from error
    return written


def _validate_key(ctx: Context, room: Room, change: ModeChange) -> list[ValidChange]:
    if change.sign == "-":
        return [(ModeChange("-", "k", room.password), None)] if room.password else []
    key = change.argument
    if key is None:
        raise NumericError(numerics.ERR_NEEDMOREPARAMS, "MODE")
    if not key or " " in key or "," in key or key.startswith(":") or len(key) > MAX_KEY_LENGTH:
        raise NumericError(
            numerics.ERR_INVALIDMODEPARAM, room.name, "k", "*", text="This is no key for a room"
        )
    return [] if key == room.password else [(ModeChange("+", "k", key), None)]


def _validate_limit(ctx: Context, room: Room, change: ModeChange) -> list[ValidChange]:
    if change.sign == "-":
        return [(ModeChange("-", "l"), None)] if room.limit else []
    if change.argument is None:
        raise NumericError(numerics.ERR_NEEDMOREPARAMS, "MODE")
    limit = parse_number(change.argument)
    if limit is None or not 0 < limit <= MAX_USER_LIMIT:
        shown = change.argument if change.argument and " " not in change.argument else "*"
        raise NumericError(
            numerics.ERR_INVALIDMODEPARAM, room.name, "l", shown, text="A limit is a number above 0"
        )
    return [] if limit == room.limit else [(ModeChange("+", "l", str(limit)), None)]


def _validate_interval(ctx: Context, room: Room, change: ModeChange) -> list[ValidChange]:
    if change.sign == "-":
        return [(ModeChange("-", "W"), None)] if room.pause else []
    if change.argument is None:
        raise NumericError(numerics.ERR_NEEDMOREPARAMS, "MODE")
    pause = parse_number(change.argument)
    if pause is None or not 0 < pause <= MAX_PAUSE_SECONDS:
        text = f"A pause is between 1 and {MAX_PAUSE_SECONDS} seconds"
        raise NumericError(numerics.ERR_INVALIDMODEPARAM, room.name, "W", change.argument, text=text)
    return [] if pause == room.pause else [(ModeChange("+", "W", str(pause)), None)]


Validator = Callable[[Context, Room, ModeChange], list[ValidChange]]
_VALIDATORS: dict[str, Validator] = {
    **dict.fromkeys(FLAGS, _validate_flag),
    **dict.fromkeys(ROLES, _validate_role),
    **dict.fromkeys(LISTS, _validate_list_entry),
    "k": _validate_key,
    "l": _validate_limit,
    "W": _validate_interval,
}
