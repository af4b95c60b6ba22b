"""Modes of rooms and users: roles, bans, and the replies to MODE queries."""

from collections.abc import Iterator

from app.client.protocol.channel_view import ChannelMember
from app.client.protocol.effects import Effects, Send
from app.client.protocol.events import Notice, Table
from app.client.protocol.lines import param, parse_seconds, send
from app.client.protocol.model import ClientState
from app.clock import to_datetime
from app.wire.line import Line
from app.wire.masks import normalise
from app.wire.names import fold

DEFAULT_CHANGES_PER_LINE = 3  # without the ISUPPORT token MODES (RFC 2812 section 3.2.3)
MASK_CHARACTERS = "!@*?:"
LISTS = {  # the end of each list: its name, and the mode letter of its entries
    "368": "Bans",
    "349": "Ban exceptions",
    "347": "Invitation exceptions",
    "940": "Forbidden words",
}


def change_mode(state: ClientState, target: str, modes: str, arguments: str = "") -> Effects:
    """Show the modes of a room or of ourselves, show a list, or change the modes."""
    state.connection.unban_requests.pop(fold(target), None)
    yield send("MODE", target, *modes.split(), *arguments.split())


def kick(state: ClientState, room: str, nick: str, reason: str = "") -> Effects:
    """Remove a user from a room."""
    yield send("KICK", room, nick, *([reason] if reason else []))


def change_roles(state: ClientState, room: str, change: str, nicks: list[str]) -> Effects:
    """Give or take a role, `+o`, `-o`, `+v` or `-v`, of several users."""
    yield from _send_changes(state, room, change, nicks)


def ban(state: ClientState, room: str, target: str) -> Effects:
    """Ban a mask, or a user by account or else by host."""
    mask = _ban_mask(state, room, target)
    state.open_room(room).bans[fold(target)] = mask
    yield from _send_changes(state, room, "+b", [mask])


def request_bans(state: ClientState, room: str) -> Effects:
    """Request the list of bans."""
    yield from change_mode(state, room, "b")


def unban(state: ClientState, room: str, target: str) -> Effects:
    """Remove a ban; for a nick, request the list of bans first to find those that match it."""
    if _is_mask(target):
        yield from _send_changes(state, room, "-b", [target])
    else:
        state.connection.unban_requests[fold(room)] = target
        yield send("MODE", room, "b")


def _send_changes(state: ClientState, room: str, change: str, arguments: list[str]) -> Iterator[Send]:
    """Send one change for each argument, as many per line as the server accepts."""
    sign, letter = change[0], change[1]
    per_line = state.connection.isupport_number("MODES") or DEFAULT_CHANGES_PER_LINE
    for start in range(0, len(arguments), per_line):
        words = arguments[start : start + per_line]
        yield send("MODE", room, sign + letter * len(words), *words)


def _is_mask(text: str) -> bool:
    return any(character in text for character in MASK_CHARACTERS)


def find_member(state: ClientState, room: str, nick: str) -> ChannelMember | None:
    """Return a member of a room, or None."""
    view = state.find_room(room)
    return view.members.get(fold(nick)) if view else None


def _ban_mask(state: ClientState, room: str, target: str) -> str:
    """Return the mask that keeps a user out: by account, by host or, if both are unknown, by nick.

    The mask includes the user name if other members or we ourselves share the host.
    """
    if _is_mask(target):
        return target
    member = find_member(state, room, target) or ChannelMember(target)
    prefix, _, kinds = state.connection.isupport.get("EXTBAN", "").partition(",")
    if member.account and "a" in kinds:
        return f"{prefix}a:{member.account}"
    host = _host(member.mask)
    if not host:
        return normalise(target)
    user = member.mask.partition("!")[2].partition("@")[0]
    return f"*!{user if _is_shared(state, room, member) else '*'}@{host}"


def _host(mask: str) -> str:
    return mask.rpartition("@")[2] if "@" in mask else ""


def _is_shared(state: ClientState, room: str, member: ChannelMember) -> bool:
    """Return whether another member or we ourselves have the same host as a member."""
    view = state.find_room(room)
    others = [other.mask for other in view.members.values() if other is not member] if view else []
    return _host(member.mask) in map(_host, [*others, state.connection.mask])


def on_modes(state: ClientState, line: Line) -> Effects:
    """Show the modes of a room (RPL_CHANNELMODEIS)."""
    modes = " ".join(line.params[2:]).strip()
    yield Notice(f"Modes of {param(line, 1)}: {modes}" if modes.strip("+") else _no_modes(param(line, 1)))


def on_own_modes(state: ClientState, line: Line) -> Effects:
    """Show our own modes (RPL_UMODEIS)."""
    modes = param(line, 1)
    yield Notice(f"Your modes: {modes}" if modes.strip("+") else "You have no modes set.")


def _no_modes(room: str) -> str:
    return f"{room} has no modes set."


def on_list_entry(state: ClientState, line: Line) -> Effects:
    """Collect an entry of a mask list: the mask, who set it and when."""
    at = parse_seconds(param(line, 4))
    day = to_datetime(at).date().isoformat() if at else ""
    state.connection.list_entries.append((param(line, 2), param(line, 3).partition("!")[0], day))
    yield from ()


def on_end_of_mask_list(state: ClientState, line: Line) -> Effects:
    """Show a complete list, or remove the bans from it that match a nick."""
    room = param(line, 1)
    entries, state.connection.list_entries = state.connection.list_entries, []
    nick = state.connection.unban_requests.pop(fold(room), None) if line.command == "368" else None
    if nick is not None:
        yield from _remove_matching(state, room, nick, [mask for mask, *_ in entries])
    elif entries:
        yield Table(f"{LISTS[line.command]} in {room} (mask, set by, date)", tuple(entries))
    else:
        yield Notice(f"{room} has no {LISTS[line.command].lower()}.")


def _remove_matching(state: ClientState, room: str, nick: str, bans: list[str]) -> Effects:
    own = state.open_room(room).bans.pop(fold(nick), "")
    member = find_member(state, room, nick) or ChannelMember(nick)
    masks = [mask for mask in bans if fold(mask) == fold(own) or _is_ban_of(mask, member)]
    if masks:
        yield from _send_changes(state, room, "-b", masks)
    else:
        yield Notice(f"No ban in {room} names {nick}. /ban lists the bans.", is_error=True)


def _is_ban_of(mask: str, member: ChannelMember) -> bool:
    """Return whether a ban names a user by nick, account or exact host."""
    names = {fold(member.nick), fold(member.account or member.nick)}
    if mask.startswith("~"):
        return fold(mask.rpartition(":")[2].partition("!")[0]) in names
    nick, _, _ = mask.partition("!")
    return fold(nick) in names or (bool(_host(member.mask)) and _host(mask) == _host(member.mask))
