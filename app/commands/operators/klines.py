"""Server-wide bans: KLINE and UNKLINE for masks and accounts, DLINE and UNDLINE for addresses.

They use the same table and the same syntax of masks and durations as `chat-admin ban`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from app.clock import is_future, to_iso, until
from app.commands.context import Context
from app.commands.errors import NumericError
from app.commands.registry import command
from app.commands.sessions.bans import enforce_ban, matching_bans, subject_of_client
from app.engine.cloak import uncloaked_host
from app.engine.world.ban_index import Ban, BanIndex
from app.errors import ChatError
from app.events import Kind
from app.events.data import RevokedData
from app.services.administration.bans import (
    BanType,
    ban_data,
    check_ban_count,
    detect_ban_type,
    equivalent_masks,
    normalise_ban_mask,
)
from app.text.durations import is_duration, parse_milliseconds
from app.wire import numerics

USER_BANS = (BanType.NICK, BanType.ACCOUNT)
ADDRESS_BANS = (BanType.ADDRESS,)
DEFAULT_REASON = "Banned"


class BanRequest(NamedTuple):
    """A ban as requested; `expires` is an instant, or None for a permanent ban."""

    mask: str
    reason: str
    expires: int | None


@command(cost=2, writes=True, admin_only=True)
def kline(ctx: Context, duration: str = "", mask: str = "", reason: str = "") -> None:
    """Ban an account or a mask, or list such bans: `KLINE 7d spam*!*@* :reason`.

    Without a duration, the ban is permanent. Matching users are disconnected at once. A mask has
    the form `nick!user@host`, with the displayed host; a name without `*`, `?`, `!` and `@`
    is an account. Masks never match administrators.
    """
    if not duration:
        send_bans(ctx, USER_BANS)
        ctx.reply(numerics.RPL_ENDOFSTATS, "k")
        return
    request = _parse_request(ctx, "KLINE", duration, mask, reason)
    kind = detect_ban_type(request.mask)
    if kind is BanType.ADDRESS:
        raise _refusal("KLINE", f"{request.mask} is an address; use DLINE.")
    _add_ban(ctx, "KLINE", kind, request)


@command(writes=True, admin_only=True)
def unkline(ctx: Context, mask: str) -> None:
    """Lift a ban made with KLINE."""
    _lift_ban(ctx, "UNKLINE", USER_BANS, mask)


@command(cost=2, writes=True, admin_only=True)
def dline(ctx: Context, duration: str = "", address: str = "", reason: str = "") -> None:
    """Ban an address or a network, or list such bans: `DLINE 12h 192.0.2.0/24 :reason`.

    Without a duration, the ban is permanent. It applies to real addresses, not to displayed
    hosts, and never to administrators.
    """
    if not duration:
        send_bans(ctx, ADDRESS_BANS)
        ctx.reply(numerics.RPL_ENDOFSTATS, "d")
        return
    _add_ban(ctx, "DLINE", BanType.ADDRESS, _parse_request(ctx, "DLINE", duration, address, reason))


@command(writes=True, admin_only=True)
def undline(ctx: Context, address: str) -> None:
    """Lift a ban made with DLINE."""
    _lift_ban(ctx, "UNDLINE", ADDRESS_BANS, address)


def send_bans(ctx: Context, kinds: tuple[BanType, ...]) -> None:
    """Send the active bans of the given types: mask, expiry, author and reason."""
    numeric, letter = (
        (numerics.RPL_STATSDLINE, "D") if kinds is ADDRESS_BANS else (numerics.RPL_STATSKLINE, "K")
    )
    for ban in ctx.world.bans.active():
        if ban.type in kinds:
            end = "*" if ban.expires is None else to_iso(ban.expires)
            ctx.reply(numeric, letter, uncloaked_host(ban.mask), end, ban.by, text=ban.reason)


def _parse_request(ctx: Context, verb: str, first: str, second: str, third: str) -> BanRequest:
    """Parse `[<duration>] <mask> [<reason>]`."""
    if not (second and is_duration(first)):
        return BanRequest(first, second or DEFAULT_REASON, None)
    with _refusing_invalid_input(verb):
        return BanRequest(
            second, third or DEFAULT_REASON, ctx.runtime.clock.now() + parse_milliseconds(first)
        )


def _add_ban(ctx: Context, verb: str, kind: BanType, request: BanRequest) -> None:
    """Add a ban, replacing an expired ban on the same mask, and disconnect matching users."""
    with _refusing_invalid_input(verb):
        check_ban_count(ctx.world.bans.count_active())
        mask = normalise_ban_mask(kind, request.mask, lambda name: _find_account_name(ctx, name))
    now = ctx.runtime.clock.now()
    previous = [ban for ban in ctx.world.bans.with_mask(equivalent_masks(mask)) if ban.type == kind]
    if any(is_future(ban.expires, now) for ban in previous):
        raise _refusal(verb, f"{mask} is already banned; to change the ban, remove it first with UN{verb}.")
    data = ban_data(ctx.runtime.clock, kind, request.expires)
    ban = Ban(data.id, kind, mask, request.reason, request.expires, ctx.me.nick)
    _check_target(ctx, verb, ban)
    for old in previous:
        _emit_unbanned(ctx, old)
    ctx.emit_without_reply(ctx.event(Kind.BANNED, target=mask, text=request.reason, data=data))
    affected = enforce_ban(ctx.runtime, ctx.changeset, ban)
    ctx.send_notice(
        f"Banned the {kind.value} {mask} {until(request.expires)}; online users affected: {affected}."
    )


def _find_account_name(ctx: Context, name: str) -> str | None:
    account = ctx.world.find_account(name)
    return account.name if account else None


def _check_target(ctx: Context, verb: str, ban: Ban) -> None:
    """Refuse a ban on an administrator's account, or one that matches the caller.

    Raises: NumericError with ERR_UNKNOWNERROR.
    """
    account = ctx.world.find_account(ban.mask) if ban.type == BanType.ACCOUNT else None
    if account is not None and account.role == "admin":
        raise _refusal(
            verb, f"{account.name} is an administrator; first change the role with chat-admin user role."
        )
    bans = BanIndex(ctx.runtime.clock, ban)
    if any(any(matching_bans(bans, subject_of_client(ctx.me, client))) for client in ctx.me.clients):
        raise _refusal(verb, f"{ban.mask} would ban you too; nothing was changed.")


def _lift_ban(ctx: Context, verb: str, kinds: tuple[BanType, ...], mask: str) -> None:
    now, known = ctx.runtime.clock.now(), ctx.world.bans.with_mask(equivalent_masks(mask))
    found = [ban for ban in known if ban.type in kinds and is_future(ban.expires, now)]
    if not found:
        raise _refusal(verb, f"{mask} is not banned; {verb.removeprefix('UN')} lists the bans.")
    for ban in found:
        _emit_unbanned(ctx, ban)
    ctx.send_notice(f"Lifted the ban on {found[0].mask}.")


def _emit_unbanned(ctx: Context, ban: Ban) -> None:
    ctx.emit_without_reply(ctx.event(Kind.UNBANNED, target=ban.mask, data=RevokedData(ban.id)))


@contextmanager
def _refusing_invalid_input(verb: str) -> Iterator[None]:
    """Convert the error for an invalid mask or duration to an error reply."""
    try:
        yield
    except ChatError as error:
        raise _refusal(verb, error.sentence) from error


def _refusal(verb: str, sentence: str) -> NumericError:
    return NumericError(numerics.ERR_UNKNOWNERROR, verb, text=sentence)
