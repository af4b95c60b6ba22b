"""Lists of users: WHO, and its extension WHOX (https://ircv3.net/specs/extensions/whox)."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from app.commands.context import Context
from app.commands.query_masks import COMPARISONS_PER_LINE, compile_query_mask
from app.commands.registry import command
from app.engine.cloak import uncloaked_host
from app.engine.world.room import Member, Room
from app.engine.world.user import User
from app.wire import numerics
from app.wire.masks import is_mask
from app.wire.names import caseless, is_room

HIDDEN_ADDRESS = "255.255.255.255"  # shown when the caller may not see the address


@dataclass(slots=True)
class VisibleUser:
    """A user as shown to the caller; `room` and `member` are set when a room was requested."""

    ctx: Context
    user: User
    room: Room | None = None
    member: Member | None = None

    @property
    def room_name(self) -> str:
        """The room's name, or `*`."""
        return self.room.name if self.room else "*"

    @property
    def flags(self) -> str:
        """Away status, administrator, bot and prefixes, for example `G*B@`."""
        user = self.user
        status = "H" if user.away is None else "G"
        prefix = self.member.prefix_for(self.ctx.client) if self.member else ""
        return status + "*" * user.is_admin + "B" * user.is_bot + prefix

    @property
    def address(self) -> str:
        """The real address if the caller may see it, or else a placeholder."""
        may_see = self.user is self.ctx.user or self.ctx.me.is_admin
        return uncloaked_host(self.user.address) if may_see else HIDDEN_ADDRESS

    @property
    def idle(self) -> str:
        """Seconds since the user's last message."""
        return str(int(self.ctx.runtime.clock.monotonic() - self.user.last_active))


_FIELDS: dict[str, Callable[[VisibleUser], str]] = {  # in the order of WHOX replies
    "c": lambda shown: shown.room_name,
    "u": lambda shown: shown.user.user,
    "i": lambda shown: shown.address,
    "h": lambda shown: shown.user.host,
    "s": lambda shown: shown.ctx.runtime.server_name,
    "n": lambda shown: shown.user.nick,
    "f": lambda shown: shown.flags,
    "d": lambda shown: "0",  # hops
    "l": lambda shown: shown.idle,
    "a": lambda shown: shown.user.account.name if shown.user.account else "0",
    "o": lambda shown: "n/a",  # operator levels, which rooms here do not have
    "r": lambda shown: f":{shown.user.realname}",
}


@command(cost=2)
def who(ctx: Context, mask: str = "*", options: str = "") -> None:
    """List the members of a room, or the users whose nick matches a mask.

    The option `o` lists administrators only. `%` and any of the letters `tcuihsnfdlaor` select the
    fields (WHOX); `%tna,42` also sends the token 42.
    """
    restriction, _, fields_and_token = options.partition("%")
    write = _make_formatter(ctx, fields_and_token)
    for shown in _find_users(ctx, mask):
        if "o" not in restriction or shown.user.is_admin:
            ctx.send_lines(write(shown))
    ctx.reply(numerics.RPL_ENDOFWHO, mask)


def _make_formatter(ctx: Context, fields_and_token: str) -> Callable[[VisibleUser], str]:
    """Return a function that formats a reply line, with the default or the requested fields.

    There may be thousands of lines, so their common start is formatted only once.
    """
    letters, _, token = fields_and_token.partition(",")
    fields = {letter for letter in letters if letter == "t" or letter in _FIELDS}
    nick, server = ctx.client.nick, ctx.runtime.server_name
    if fields:
        start = f":{server} {numerics.RPL_WHOSPCRPL.code} {nick}" + f" {_valid_token(token)}" * (
            "t" in fields
        )
        writers = [write for letter, write in _FIELDS.items() if letter in fields]
        return lambda shown: " ".join([start, *(write(shown) for write in writers)])
    start = f":{server} {numerics.RPL_WHOREPLY.code} {nick} "
    return lambda shown: start + _whoreply(shown, server)


def _whoreply(shown: VisibleUser, server: str) -> str:
    user = shown.user
    return f"{shown.room_name} {user.user} {user.host} {server} {user.nick} {shown.flags} :0 {user.realname}"


def _valid_token(token: str) -> str:
    """Return the token if it is valid (up to three digits), or else `0`."""
    return token if token.isascii() and token.isdigit() and len(token) <= 3 else "0"


def _find_users(ctx: Context, mask: str) -> Iterable[VisibleUser]:
    if is_room(mask):
        return _room_members(ctx, mask)
    if is_mask(mask) or mask == "0":
        # 0 matches all users (RFC 2812 section 3.6.1).
        return _matching_users(ctx, "*" if mask == "0" else mask)
    user = ctx.world.find_user(mask)
    return [VisibleUser(ctx, user)] if user else []


def _room_members(ctx: Context, name: str) -> Iterator[VisibleUser]:
    room = ctx.find_room(name)
    if room is not None:
        for member in room.members_shown_to(ctx.me):
            yield VisibleUser(ctx, member.user, room, member)


def _matching_users(ctx: Context, mask: str) -> Iterator[VisibleUser]:
    """Yield the matching users that are visible to the caller.

    Raises: NumericError with ERR_BADMASK.
    """
    pattern = compile_query_mask(mask)
    is_full_mask = "!" in mask or "@" in mask
    me = ctx.me
    ctx.client.reply_lines += len(ctx.world.users) // COMPARISONS_PER_LINE
    for user in ctx.world.users.values():
        text = user.source if is_full_mask else user.nick
        if user.is_visible_to(me) and pattern.fullmatch(caseless(text)):
            yield VisibleUser(ctx, user)
