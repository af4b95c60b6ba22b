"""Server-wide bans: an account, a mask of nicks, an address or a network of addresses."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv6Network, ip_network

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.clock import to_datetime, to_datetime_or_none, to_iso
from app.db.models import Ban
from app.errors import AlreadyExists, NotFound, UsageError
from app.events import Event, Kind
from app.services.accounts import find_account
from app.services.decisions import Administrator, Change
from app.wire.masks import normalise
from app.wire.names import fold

_OF_MASKS = "!@*?"
LONGEST_MASK = 256  # characters, as the column


class BanType(StrEnum):
    """What a ban is about, as it stands in the table."""

    ACCOUNT = "account"
    NICK = "nick"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class BanLine:
    """A ban in a list."""

    type: str
    mask: str
    reason: str
    by: str
    created: datetime
    expires: datetime | None
    active: bool


def guess_type(mask: str) -> BanType:
    """Say what a mask is about: an address, a mask of nicks, or the name of an account."""
    try:
        ip_network(mask, strict=False)
    except ValueError:
        return BanType.NICK if any(sign in mask for sign in _OF_MASKS) else BanType.ACCOUNT
    return BanType.ADDRESS


def normal_mask(session: Session, kind: BanType, mask: str) -> str:
    """Return the mask in the one form it is kept in.

    Raises: UsageError when it is no such mask, NotFound when the account does not exist.
    """
    if not mask.strip() or len(mask) > LONGEST_MASK or any(c.isspace() or c < " " for c in mask):
        raise UsageError("A ban needs an account, a nick mask such as spam*!*@*, or an address; no spaces.")
    if kind is BanType.ADDRESS:
        return _network(mask)
    if kind is BanType.NICK:
        return normalise(mask)
    account = find_account(session, fold(mask))
    if account is None:
        raise NotFound(f"There is no account {mask}; to ban the nick of a guest, add --type nick.")
    return account.name


def _network(mask: str) -> str:
    try:
        network = ip_network(mask, strict=False)
    except ValueError as error:
        raise UsageError(f"{mask} is not an address or network such as 192.0.2.0/24.") from error
    if isinstance(network, IPv6Network) and network.prefixlen >= 96:
        mapped = network.network_address.ipv4_mapped
        network = network if mapped is None else ip_network((mapped, network.prefixlen - 96))
    whole = network.prefixlen == network.max_prefixlen
    return str(network.network_address) if whole else str(network)


def bans(session: Session, now: int, expired: bool = False) -> list[BanLine]:
    """Return the bans that hold, oldest first; with `expired` also those that held once."""
    query = select(Ban).order_by(Ban.created, Ban.id)
    if not expired:
        query = query.where(or_(Ban.expires.is_(None), Ban.expires > now))
    return [_line(ban, now) for ban in session.scalars(query)]


def _line(ban: Ban, now: int) -> BanLine:
    return BanLine(
        type=ban.type,
        mask=ban.mask,
        reason=ban.reason,
        by=ban.by,
        created=to_datetime(ban.created),
        expires=to_datetime_or_none(ban.expires),
        active=ban.expires is None or ban.expires > now,
    )


def banned(admin: Administrator, kind: BanType, mask: str, reason: str, expires: int | None) -> Change:
    """Decide on a new ban; one that expired makes way for it.

    Raises: AlreadyExists, UsageError, NotFound.
    """
    mask = normal_mask(admin.session, kind, mask)
    former = _find(admin.session, kind, mask)
    if any(ban.expires is None or ban.expires > admin.clock.now() for ban in former):
        raise AlreadyExists(f"There is a ban of {mask} already; remove it first to change it.")
    data = {"id": admin.clock.identity(), "type": kind.value, "expires": expires}
    event = Event(Kind.BANNED, nick=admin.actor, target=mask, text=reason, data=data)
    events = [*(_lifted(ban, admin.actor) for ban in former), event]
    until = None if expires is None else to_iso(expires)
    return admin.decided(events, "ban.add", mask, type=kind.value, reason=reason, expires=until)


def unbanned(admin: Administrator, mask: str) -> Change:
    """Decide to lift every ban of a mask.

    Raises: NotFound.
    """
    found = _find_any(admin.session, mask)
    if not found:
        raise NotFound(f"There is no ban of {mask}; `chat-admin ban list` shows all.")
    return admin.decided([_lifted(ban, admin.actor) for ban in found], "ban.remove", found[0].mask)


def _lifted(ban: Ban, by: str) -> Event:
    return Event(Kind.UNBANNED, nick=by, target=ban.mask, data={"id": ban.id})


def _find(session: Session, kind: BanType, mask: str) -> list[Ban]:
    return list(session.scalars(select(Ban).where(Ban.type == kind.value, Ban.mask == mask)))


def _find_any(session: Session, mask: str) -> list[Ban]:
    """Find the bans of a mask as it was typed or in its normal form."""
    forms = {mask, normalise(mask), str(fold(mask))}
    if guess_type(mask) is BanType.ADDRESS:
        forms.add(_network(mask))
    query = select(Ban).where(Ban.mask.in_(forms))
    by_account = select(Ban).where(Ban.type == BanType.ACCOUNT.value)
    accounts = [ban for ban in session.scalars(by_account) if fold(ban.mask) == fold(mask)]
    return list({ban.id: ban for ban in (*session.scalars(query), *accounts)}.values())
