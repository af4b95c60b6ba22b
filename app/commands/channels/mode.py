"""Channel modes: MODE; for a nick, see `usermodes`.

Each letter is validated separately: invalid changes are answered with a numeric, and the valid
ones are emitted together, in as few lines as possible.
"""

from collections.abc import Callable

from app.commands.channels import usermodes
from app.commands.context import Context
from app.commands.errors import NumericError
from app.commands.registry import command
from app.engine.world.room import Room
from app.events import Kind, RoomKey
from app.events.data import ModeData
from app.text.graphemes import truncate
from app.wire import numerics
from app.wire.framing import space_after
from app.wire.mode_arguments import (
    MAX_ENTRY_BYTES,
    check_key,
    complete_list_entry,
    find_list_entry,
    is_list_full,
    parse_interval,
    parse_limit,
)
from app.wire.modes import (
    FLAGS,
    LISTS,
    ROLES,
    WORD_FILTER,
    ModeChange,
    ValidChange,
    format_valid_changes,
    mask_arguments,
    parse_changes,
    split_into_lines,
)

_LIST_REPLIES = {
    "b": (numerics.RPL_BANLIST, numerics.RPL_ENDOFBANLIST),
    "e": (numerics.RPL_EXCEPTLIST, numerics.RPL_ENDOFEXCEPTLIST),
    "I": (numerics.RPL_INVEXLIST, numerics.RPL_ENDOFINVEXLIST),
    "g": (numerics.RPL_WORDLIST, numerics.RPL_ENDOFWORDLIST),
}


@command(writes=True)
def mode(ctx: Context, target: str, modes: str = "", *arguments: str) -> None:
    """Show or change the modes of a room or of yourself; room modes require operator status.

    User modes are B (bot), i (invisible: masks in WHO do not match you) and w (receive WALLOPS).
    Administrators also have o, which they can remove.
    """
    if not target.startswith("#"):
        usermodes.show_or_change(ctx, target, modes)
    elif not modes:
        _show(ctx, ctx.get_room(target))
    else:
        room = ctx.get_room(target)
        apply_changes(ctx, room, parse_changes(modes, list(arguments)), room.is_operator(ctx.me))


def _show(ctx: Context, room: Room) -> None:
    is_member = room.member(ctx.me) is not None
    ctx.reply(numerics.RPL_CHANNELMODEIS, room.name, *room.mode_words(show_key=is_member))
    ctx.reply(numerics.RPL_CREATIONTIME, room.name, str(room.created // 1000))


def apply_changes(ctx: Context, room: Room, changes: list[ModeChange], is_allowed: bool) -> None:
    """Apply the valid changes and show the requested lists.

    `is_allowed` states whether the caller may change the modes of the room.
    """
    accepted: list[ValidChange] = []
    for change in changes:
        with ctx.continue_on_error():
            if change.letter in LISTS and change.argument is None:
                _show_list(ctx, room, change.letter, is_allowed)
            else:
                valid = _validate(ctx, room, change, is_allowed)
                _check_list_limit(ctx, room, accepted, valid)
                accepted += valid
    if accepted:
        _emit_in_lines(ctx, room, accepted)


def _check_list_limit(
    ctx: Context, room: Room, accepted: list[ValidChange], valid: list[ValidChange]
) -> None:
    """Check that a list has space for a new entry, counting the changes accepted so far.

    Raises: NumericError with ERR_BANLISTFULL.
    """
    for new, _ in valid:
        if new.letter not in LISTS or new.sign == "-":
            continue
        entries = set(room.lists[new.letter])
        for change, _ in accepted:
            if change.letter == new.letter and change.sign == "+":
                entries.add(change.argument or "")
            elif change.letter == new.letter:
                entries.discard(change.argument or "")
        if is_list_full(new.letter, entries, new.argument or "", ctx.runtime.settings.max_list_entries):
            raise NumericError(numerics.ERR_BANLISTFULL, room.name, new.letter)


def _emit_in_lines(ctx: Context, room: Room, changes: list[ValidChange]) -> None:
    """Emit the changes as events that each fit one line."""
    for line in split_into_lines(changes, space_after(f":{ctx.me.source} MODE {room.name} ")):
        _emit_line(ctx, room, line)


def _emit_line(ctx: Context, room: Room, changes: list[ValidChange]) -> None:
    """Emit one event. Members see the key of a room, but the log does not store it.

    Changes to the word filter are sent to operators only; in history, the words are masked.
    """
    shown = mask_arguments(changes, "k" + WORD_FILTER)
    logged = mask_arguments(changes, "k")
    rows = [(change.sign, change.letter, change.argument, account) for change, account in logged]
    data = ModeData(rows, override=not room.is_operator(ctx.me))  # override: SAMODE
    event = ctx.event(Kind.MODE, room, target=room.name, text=format_valid_changes(shown), data=data)
    if shown != changes:
        keys = [change for change, _ in changes if change.letter == "k"]
        key = keys[-1].argument if keys and keys[-1].sign == "+" else None
        event.secret = RoomKey(key, format_valid_changes(changes))
    ctx.emit(event)


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
    """Return the normalised change, or an empty list if it has no effect.

    Raises: NumericError when it is invalid or not permitted.
    """
    validate = _VALIDATORS.get(change.letter)
    if validate is None:
        text = f"is an unknown mode character for {room.name}"
        raise NumericError(numerics.ERR_UNKNOWNMODE, change.letter, text=text)
    if not is_allowed:
        raise NumericError(numerics.ERR_CHANOPRIVSNEEDED, room.name)
    return validate(ctx, room, change)


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
    if change.sign == "-":
        existing = find_list_entry(room.lists[change.letter], change.argument or "")
        if existing is not None:  # also an entry that would be refused today
            return [(ModeChange("-", change.letter, existing), None)]
    mask = _canonical_entry(room, change)
    existing = find_list_entry(room.lists[change.letter], mask)
    if change.sign == "-":
        return [(ModeChange("-", change.letter, existing), None)] if existing else []
    return [] if existing else [(ModeChange("+", change.letter, mask), None)]


def _canonical_entry(room: Room, change: ModeChange) -> str:
    """Return the canonical form of a mask or word.

    Raises: NumericError with ERR_INVALIDMODEPARAM.
    """
    entry = change.argument or ""
    try:
        return complete_list_entry(change.letter, entry)
    except ValueError as error:
        shown = truncate(entry, MAX_ENTRY_BYTES)
        raise NumericError(
            numerics.ERR_INVALIDMODEPARAM, room.name, change.letter, shown, text=str(error)
        ) from error


def _validate_key(ctx: Context, room: Room, change: ModeChange) -> list[ValidChange]:
    if change.sign == "-":
        return [(ModeChange("-", "k", room.password), None)] if room.password else []
    key = change.argument
    if key is None:
        raise NumericError(numerics.ERR_NEEDMOREPARAMS, "MODE")
    try:
        check_key(key)
    except ValueError as error:
        raise NumericError(numerics.ERR_INVALIDMODEPARAM, room.name, "k", "*", text=str(error)) from error
    return [] if key == room.password else [(ModeChange("+", "k", key), None)]


def _validate_limit(ctx: Context, room: Room, change: ModeChange) -> list[ValidChange]:
    if change.sign == "-":
        return [(ModeChange("-", "l"), None)] if room.limit else []
    if change.argument is None:
        raise NumericError(numerics.ERR_NEEDMOREPARAMS, "MODE")
    try:
        limit = parse_limit(change.argument)
    except ValueError as error:
        shown = change.argument if change.argument and " " not in change.argument else "*"
        raise NumericError(numerics.ERR_INVALIDMODEPARAM, room.name, "l", shown, text=str(error)) from error
    return [] if limit == room.limit else [(ModeChange("+", "l", str(limit)), None)]


def _validate_interval(ctx: Context, room: Room, change: ModeChange) -> list[ValidChange]:
    if change.sign == "-":
        return [(ModeChange("-", "W"), None)] if room.slow_mode_seconds else []
    if change.argument is None:
        raise NumericError(numerics.ERR_NEEDMOREPARAMS, "MODE")
    try:
        interval = parse_interval(change.argument)
    except ValueError as error:
        raise NumericError(
            numerics.ERR_INVALIDMODEPARAM, room.name, "W", change.argument, text=str(error)
        ) from error
    return [] if interval == room.slow_mode_seconds else [(ModeChange("+", "W", str(interval)), None)]


Validator = Callable[[Context, Room, ModeChange], list[ValidChange]]
_VALIDATORS: dict[str, Validator] = {
    **dict.fromkeys(FLAGS, _validate_flag),
    **dict.fromkeys(ROLES, _validate_role),
    **dict.fromkeys(LISTS, _validate_list_entry),
    "k": _validate_key,
    "l": _validate_limit,
    "W": _validate_interval,
}
