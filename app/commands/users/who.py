"""WHO: who is in a room, or has a nick like this. WHOX lets the client choose what it is told of each."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from app.commands.context import Context
from app.commands.registry import command
from app.engine.cloak import uncloaked_host
from app.engine.world.room import Member, Room
from app.engine.world.user import User
from app.wire import numerics
from app.wire.masks import is_mask, matches
from app.wire.names import is_room

HIDDEN_ADDRESS = "255.255.255.255"  # what WHOX shows where the address is not to be known


@dataclass(slots=True)
class VisibleUser:
    """Somebody as the caller sees them: in the room that was asked about, or nowhere in particular."""

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
        """Here or gone, administrator, bot, and the roles in the room: `G*B@`."""
        user = self.user
        here = "H" if user.away is None else "G"
        prefix = self.member.prefix_for(self.ctx.client) if self.member else ""
        return here + "*" * user.is_admin + "B" * user.is_bot + prefix

    @property
    def address(self) -> str:
        """The real address, for those who may know it."""
        may_know = self.user is self.ctx.user or self.ctx.me.is_admin
        return uncloaked_host(self.user.address) if may_know else HIDDEN_ADDRESS

    @property
    def idle(self) -> str:
        """Whole seconds since they last said something."""
        return str(int(self.ctx.runtime.clock.monotonic() - self.user.active))


_FIELDS: dict[
    str, Callable[[VisibleUser], str]
] = {  # in the order in which WHOX sends them, behind the token
    "c": lambda seen: seen.room_name,
    "u": lambda seen: seen.user.user,
    "i": lambda seen: seen.address,
    "h": lambda seen: seen.user.host,
    "s": lambda seen: seen.ctx.runtime.server_name,
    "n": lambda seen: seen.user.nick,
    "f": lambda seen: seen.flags,
    "d": lambda seen: "0",  # servers between
    "l": lambda seen: seen.idle,
    "a": lambda seen: seen.user.account.name if seen.user.account else "0",
    "o": lambda seen: "n/a",  # ranks among operators, which rooms here do not have
    "r": lambda seen: f":{seen.user.realname}",
}


@command(cost=2)
def who(ctx: Context, mask: str = "*", options: str = "") -> None:
    """Show who is in a room, or whose nick matches a mask.

    The option `o` shows administrators only; `%` and any of the letters `tcuihsnfdlaor` choose what is shown,
    `%tna,42` with the token 42 in front (WHOX).
    """
    restriction, _, wanted = options.partition("%")
    write = _make_formatter(ctx, wanted)
    for seen in _find_users(ctx, mask):
        if "o" not in restriction or seen.user.is_admin:
            ctx.send_lines(write(seen))
    ctx.reply(numerics.RPL_ENDOFWHO, mask)


def _make_formatter(ctx: Context, wanted: str) -> Callable[[VisibleUser], str]:
    """Return what writes a line about somebody: the usual one, or the fields that are wanted.

    There may be thousands of lines, so what they have in common is put together once.
    """
    letters, _, token = wanted.partition(",")
    fields = {letter for letter in letters if letter == "t" or letter in _FIELDS}
    nick, server = ctx.client.nick, ctx.runtime.server_name
    if fields:
        start = f":{server} {numerics.RPL_WHOSPCRPL.code} {nick}" + f" {_valid_token(token)}" * (
            "t" in fields
        )
        writers = [write for letter, write in _FIELDS.items() if letter in fields]
        return lambda seen: " ".join([start, *(write(seen) for write in writers)])
    start = f":{server} {numerics.RPL_WHOREPLY.code} {nick} "
    return lambda seen: start + _whoreply(seen, server)


def _whoreply(seen: VisibleUser, server: str) -> str:
    user = seen.user
    return f"{seen.room_name} {user.user} {user.host} {server} {user.nick} {seen.flags} :0 {user.realname}"


def _valid_token(token: str) -> str:
    """Return the token if it is one: up to three digits."""
    return token if token.isascii() and token.isdigit() and len(token) <= 3 else "0"


def _find_users(ctx: Context, mask: str) -> Iterable[VisibleUser]:
    if is_room(mask):
        return _room_members(ctx, mask)
    if is_mask(mask) or mask == "0":
        return _matching_users(ctx, "*" if mask == "0" else mask)  # 0 is everybody (RFC 2812 section 3.6.1)
    user = ctx.world.find_user(mask)
    return [VisibleUser(ctx, user)] if user else []


def _room_members(ctx: Context, name: str) -> Iterator[VisibleUser]:
    room = ctx.world.find_room(name)
    if room is not None and room.is_visible_to(ctx.me):
        for member in room.members_shown_to(ctx.me):
            yield VisibleUser(ctx, member.user, room, member)


def _matching_users(ctx: Context, mask: str) -> Iterator[VisibleUser]:
    """Yield those whom the caller may find without knowing their nick."""
    is_whole = "!" in mask or "@" in mask
    me = ctx.me
    for user in ctx.world.users.values():
        if user.is_visible_to(me) and matches(mask, user.source if is_whole else user.nick):
            yield VisibleUser(ctx, user)
