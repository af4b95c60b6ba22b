"""Server-wide bans from within the chat: KLINE and UNKLINE for nicks and accounts, DLINE and UNDLINE for addresses.

They are the bans of `chat-admin ban`: the same table, the same masks, the same lengths of time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from app.clock import to_iso, until
from app.commands.context import Context
from app.commands.errors import NumericError
from app.commands.registry import command
from app.commands.sessions.bans import enforce_ban, matches_subject, subject_of_client
from app.engine.cloak import uncloaked_host
from app.engine.world.world import Ban
from app.errors import ChatError
from app.events import Kind
from app.services.bans import BanType, ban_data, detect_ban_type, is_same_mask, normalise_ban_mask
from app.services.durations import is_duration, parse_milliseconds
from app.wire import numerics

USER_BANS = (BanType.NICK, BanType.ACCOUNT)
ADDRESS_BANS = (BanType.ADDRESS,)
DEFAULT_REASON = "Banned"


class BanRequest(NamedTuple):
    """A ban as it is asked for; `expires` is an instant, or None for ever."""

    mask: str
    reason: str
    expires: int | None


@command(cost=2, writes=True, admin_only=True)
def kline(ctx: Context, duration: str = "", mask: str = "", reason: str = "") -> None:
    """Keep an account or a mask of nicks off the server: `KLINE 7d spam*!*@* :reason`; alone it lists these bans.

    The duration may be left out. Who is banned leaves at once; administrators are not met by masks. A mask is of what
    others see, `nick!user@host`; a name without `*`, `?`, `!` and `@` is an account.
    """
    if not duration:
        send_bans(ctx, USER_BANS)
        ctx.reply(numerics.RPL_ENDOFSTATS, "k")
        return
    wish = _parse_request(ctx, "KLINE", duration, mask, reason)
    kind = detect_ban_type(wish.mask)
    if kind is BanType.ADDRESS:
        raise _refusal("KLINE", f"{wish.mask} is an address; for these there is DLINE.")
    _add_ban(ctx, "KLINE", kind, wish)


@command(writes=True, admin_only=True)
def unkline(ctx: Context, mask: str) -> None:
    """Lift the ban of an account or a mask of nicks."""
    _lift_ban(ctx, "UNKLINE", USER_BANS, mask)


@command(cost=2, writes=True, admin_only=True)
def dline(ctx: Context, duration: str = "", address: str = "", reason: str = "") -> None:
    """Keep an address or a network off the server: `DLINE 12h 192.0.2.0/24 :reason`; alone it lists these bans.

    The duration may be left out. It is about the addresses that people really have, whatever others see of them.
    """
    if not duration:
        send_bans(ctx, ADDRESS_BANS)
        ctx.reply(numerics.RPL_ENDOFSTATS, "d")
        return
    _add_ban(ctx, "DLINE", BanType.ADDRESS, _parse_request(ctx, "DLINE", duration, address, reason))


@command(writes=True, admin_only=True)
def undline(ctx: Context, address: str) -> None:
    """Lift the ban of an address or a network."""
    _lift_ban(ctx, "UNDLINE", ADDRESS_BANS, address)


def send_bans(ctx: Context, kinds: tuple[BanType, ...]) -> None:
    """List the bans of some kinds that hold: what is banned, until when, by whom and why."""
    numeric, letter = (
        (numerics.RPL_STATSDLINE, "D") if kinds is ADDRESS_BANS else (numerics.RPL_STATSKLINE, "K")
    )
    for ban in ctx.world.active_bans():
        if ban.type in kinds:
            end = "*" if ban.expires is None else to_iso(ban.expires)
            ctx.reply(numeric, letter, uncloaked_host(ban.mask), end, ban.by, text=ban.reason)


def _parse_request(ctx: Context, verb: str, first: str, second: str, third: str) -> BanRequest:
    """Read `[<duration>] <mask> [<reason>]`."""
    if not (second and is_duration(first)):
        return BanRequest(first, second or DEFAULT_REASON, None)
    with _refusing_invalid_input(verb):
        return BanRequest(
            second, third or DEFAULT_REASON, ctx.runtime.clock.now() + parse_milliseconds(first)
        )


def _add_ban(ctx: Context, verb: str, kind: BanType, wish: BanRequest) -> None:
    """Decide on a ban, and disconnect those whom it is about. One that expired makes way for it."""
    with _refusing_invalid_input(verb):
        mask = normalise_ban_mask(kind, wish.mask, lambda name: _find_account_name(ctx, name))
    former = [ban for ban in ctx.world.bans.values() if ban.type == kind and is_same_mask(ban.mask, mask)]
    if any(ban in former for ban in ctx.world.active_bans()):
        raise _refusal(verb, f"There is a ban of {mask} already; lift it first to change it (UN{verb}).")
    data = ban_data(ctx.runtime.clock, kind, wish.expires)
    ban = Ban(data["id"], kind, mask, wish.reason, wish.expires, ctx.me.nick)
    _check_target(ctx, verb, ban)
    for old in former:
        _emit_unbanned(ctx, old)
    ctx.emit_without_reply(ctx.event(Kind.BANNED, target=mask, text=wish.reason, data=data))
    number = enforce_ban(ctx.runtime, ctx.changeset, ban)
    ctx.send_notice(
        f"Banned the {kind.value} {mask} {until(wish.expires)}; {number} of those here had to leave."
    )


def _find_account_name(ctx: Context, name: str) -> str | None:
    account = ctx.world.find_account(name)
    return account.name if account else None


def _check_target(ctx: Context, verb: str, ban: Ban) -> None:
    """Refuse a ban of an administrator, or of where the caller is.

    Raises: Refused with ERR_UNKNOWNERROR.
    """
    account = ctx.world.find_account(ban.mask) if ban.type == BanType.ACCOUNT else None
    if account is not None and account.role == "admin":
        raise _refusal(
            verb, f"{account.name} is an administrator; take that away first (chat-admin user role)."
        )
    if any(matches_subject(ban, subject_of_client(ctx.me, client)) for client in ctx.me.clients):
        raise _refusal(verb, f"{ban.mask} would ban you too; nobody is banned.")


def _lift_ban(ctx: Context, verb: str, kinds: tuple[BanType, ...], mask: str) -> None:
    active = ctx.world.active_bans()
    found = [ban for ban in active if ban.type in kinds and is_same_mask(ban.mask, mask)]
    if not found:
        raise _refusal(verb, f"There is no such ban of {mask}; {verb.removeprefix('UN')} lists all.")
    for ban in found:
        _emit_unbanned(ctx, ban)
    ctx.send_notice(f"Lifted the ban of {found[0].mask}.")


def _emit_unbanned(ctx: Context, ban: Ban) -> None:
    ctx.emit_without_reply(ctx.event(Kind.UNBANNED, target=ban.mask, data={"id": ban.id}))


@contextmanager
def _refusing_invalid_input(verb: str) -> Iterator[None]:
    """Answer what is wrong with a mask or a length of time."""
    try:
        yield
    except ChatError as error:
        raise _refusal(verb, error.sentence) from error


def _refusal(verb: str, sentence: str) -> NumericError:
    return NumericError(numerics.ERR_UNKNOWNERROR, verb, text=sentence)
