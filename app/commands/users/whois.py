"""Information about users: WHOIS, WHOWAS, ISON and USERHOST."""

from collections.abc import Iterable
from itertools import islice

from app.clock import to_text
from app.commands.context import Context
from app.commands.errors import NumericError
from app.commands.registry import command
from app.engine.cloak import uncloaked_host
from app.engine.world.room import Room
from app.engine.world.user import User
from app.engine.world.whowas import WhowasEntry
from app.wire import numerics
from app.wire.framing import space_after
from app.wire.metadata import visibility
from app.wire.names import fold
from app.wire.numbers import parse_number
from app.wire.numerics import Numeric
from app.wire.packing import pack_words

MAX_USERHOSTS = 5  # RFC 2812 section 4.8


@command()
def whois(ctx: Context, target: str = "", nick: str = "") -> None:
    """Show information about a user: host, rooms, account, away message and idle time.

    Administrators also see the address and, if there are several, the nodes. The forms `WHOIS
    <server> <nick>` and `WHOIS <nick> <nick>` are equivalent to `WHOIS <nick>`.
    """
    requested = nick or target
    if not requested:
        raise NumericError(numerics.ERR_NONICKNAMEGIVEN)
    user = ctx.world.find_user(requested)
    if user is None:
        ctx.reply(numerics.ERR_NOSUCHNICK, requested)
    else:
        _send_whois(ctx, user)
    ctx.reply(numerics.RPL_ENDOFWHOIS, requested)


def _send_whois(ctx: Context, user: User) -> None:
    ctx.reply(numerics.RPL_WHOISUSER, user.nick, user.user, user.host, "*", text=user.realname)
    _send_rooms(ctx, user)
    ctx.reply(numerics.RPL_WHOISSERVER, user.nick, ctx.runtime.server_name, text=ctx.runtime.network_name)
    _send_status(ctx, user)
    _send_connection(ctx, user)
    idle = int(ctx.runtime.clock.monotonic() - user.last_active)
    ctx.reply(numerics.RPL_WHOISIDLE, user.nick, str(idle), str(user.signon // 1000))
    if ctx.client.knows_metadata:
        _send_metadata(ctx, user)


def _send_rooms(ctx: Context, user: User) -> None:
    words = []
    for room in ctx.world.rooms_of(user):
        member = room.member(user)
        if member is not None and _is_membership_visible(room, user, ctx.me):
            words.append(member.prefix_for(ctx.client) + room.name)
    if words:
        _send_words(ctx, numerics.RPL_WHOISCHANNELS, f"{user.nick} ", sorted(words))


def _is_membership_visible(room: Room, user: User, viewer: User) -> bool:
    """Return whether the viewer may see that a user is in a room (modes +s and +i hide it)."""
    if room.member(viewer) is not None or viewer.is_admin:
        return True
    return "s" not in room.modes and "i" not in user.modes


def _send_status(ctx: Context, user: User) -> None:
    """Send the user's away message, administrator status, account and bot status."""
    if user.away is not None:
        ctx.reply(numerics.RPL_AWAY, user.nick, text=user.away)
    if user.is_admin:
        ctx.reply(numerics.RPL_WHOISOPERATOR, user.nick)
    if user.account is not None:
        if fold(user.account.name) == user.key:
            ctx.reply(numerics.RPL_WHOISREGNICK, user.nick)
        ctx.reply(numerics.RPL_WHOISACCOUNT, user.nick, user.account.name)
    if user.is_bot:
        ctx.reply(numerics.RPL_WHOISBOT, user.nick)


def _send_connection(ctx: Context, user: User) -> None:
    """Send the user's address and certificates, if the caller may see them, and the use of TLS."""
    if user is ctx.user or ctx.me.is_admin:
        ctx.reply(numerics.RPL_WHOISACTUALLY, user.nick, uncloaked_host(user.address))
        _send_nodes(ctx, user)
        for fingerprint in user.certificates:
            ctx.reply(
                numerics.RPL_WHOISCERTFP, user.nick, text=f"has client certificate fingerprint {fingerprint}"
            )
    if user.is_secure:
        ctx.reply(numerics.RPL_WHOISSECURE, user.nick)


def _send_nodes(ctx: Context, user: User) -> None:
    """Send an administrator the nodes on which a user has devices, if there are several nodes."""
    if ctx.me.is_admin and user.nodes and len(ctx.world.live_nodes) > 1:
        text = f"is connected to {', '.join(sorted(user.nodes))}"
        ctx.reply(numerics.RPL_WHOISSPECIAL, user.nick, text=text)


def _send_metadata(ctx: Context, user: User) -> None:
    """Send the user's metadata (IRCv3 `metadata`)."""
    for key, value in sorted(user.profile.items()):
        ctx.reply(numerics.RPL_WHOISKEYVALUE, user.nick, key, visibility(key), text=value)


@command()
def whowas(ctx: Context, nick: str = "", count: str = "", server: str = "") -> None:
    """Show the former users of a nick, latest first, at most `count` entries."""
    if not nick:
        raise NumericError(numerics.ERR_NONICKNAMEGIVEN)
    entries = ctx.world.whowas.find(nick)
    if not entries:
        ctx.reply(numerics.ERR_WASNOSUCHNICK, nick)
    for entry in islice(entries, _parse_count(count)):
        _send_whowas(ctx, entry)
    ctx.reply(numerics.RPL_ENDOFWHOWAS, nick)


def _send_whowas(ctx: Context, entry: WhowasEntry) -> None:
    ctx.reply(numerics.RPL_WHOWASUSER, entry.nick, entry.user, entry.host, "*", text=entry.realname)
    ctx.reply(numerics.RPL_WHOISSERVER, entry.nick, ctx.runtime.server_name, text=to_text(entry.at))


def _parse_count(count: str) -> int | None:
    """Parse a count; None, for an invalid or zero count, means all entries."""
    return parse_number(count) or None


@command()
def ison(ctx: Context, nick: str, *nicks: str) -> None:
    """Show which of the nicks are online."""
    requested = " ".join((nick, *nicks)).split()
    users = filter(None, map(ctx.world.find_user, requested))
    _send_words(ctx, numerics.RPL_ISON, "", dict.fromkeys(user.nick for user in users))


@command()
def userhost(ctx: Context, nick: str, *nicks: str) -> None:
    """Show the hosts of up to five users, preceded by `-` if they are away and `+` otherwise."""
    requested = " ".join((nick, *nicks)).split()[:MAX_USERHOSTS]
    users = filter(None, map(ctx.world.find_user, requested))
    _send_words(ctx, numerics.RPL_USERHOST, "", map(_userhost, users))


def _userhost(user: User) -> str:
    sign = "+" if user.away is None else "-"
    return f"{user.nick}{'*' * user.is_admin}={sign}{user.user}@{user.host}"


def _send_words(ctx: Context, numeric: Numeric, prefix: str, words: Iterable[str]) -> None:
    """Send words in as many lines as needed, at least one."""
    start = f":{ctx.runtime.server_name} {numeric.code} {ctx.client.nick} {prefix}:"
    for text in list(pack_words(words, space_after(start))) or [""]:
        ctx.send_lines(start + text)
