"""Server-wide bans: an account, a mask of nicks, an address or a network of addresses.

What cannot be a ban is the same for `chat-admin` and in the chat, and so is the form in which a mask is kept. A ban
that would meet everybody, or a good part of the world, is a mistake and is refused.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv6Network, ip_network
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.clock import Clock, is_ahead, to_datetime, to_datetime_or_none, to_iso_or_none
from app.db.models import BanRow
from app.errors import AlreadyExists, NotFound, UsageError
from app.events import Event, Kind
from app.services.accounts import find_account
from app.services.admin_changes import AdminChange, Administrator
from app.wire.masks import CLOAK_SUFFIX, matches, normalise
from app.wire.names import caseless, fold

_MASK_CHARACTERS = "!@*?"
MAX_MASK_LENGTH = 256  # characters, as in the column
# A source with every separator a cloaked source has: a mask that matches it matches everybody.
_SAMPLE_SOURCE = f"{'-' * 20}!~{'-' * 8}@{'.'.join(['-' * 8] * 3)}{CLOAK_SUFFIX}"
MIN_PREFIX_BITS = {4: 8, 6: 16}  # of a banned network, by IP version

# Maps any spelling of an account name to the registered one, or to None.
AccountNameLookup = Callable[[str], str | None]


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


def detect_ban_type(mask: str) -> BanType:
    """Say what a mask is about: an address, a mask of nicks, or the name of an account."""
    try:
        ip_network(mask, strict=False)
    except ValueError:
        return BanType.NICK if any(sign in mask for sign in _MASK_CHARACTERS) else BanType.ACCOUNT
    return BanType.ADDRESS


def account_name_lookup(session: Session) -> AccountNameLookup:
    """Return what finds the names of accounts in the database."""

    def named(name: str) -> str | None:
        account = find_account(session, fold(name))
        return account.name if account else None

    return named


def normalise_ban_mask(kind: BanType, mask: str, named: AccountNameLookup) -> str:
    """Return the mask in the one form it is kept in.

    Raises: UsageError when it is no such mask, or one of nearly everybody; NotFound when the account does not exist.
    """
    if not mask.strip() or len(mask) > MAX_MASK_LENGTH or any(c.isspace() or c < " " for c in mask):
        raise UsageError("A ban needs an account, a nick mask such as spam*!*@*, or an address; no spaces.")
    if kind is BanType.ADDRESS:
        return _require_narrow_network(_canonical_network(mask))
    if kind is BanType.NICK:
        return _reject_overbroad_mask(_reject_network_in_mask(_with_canonical_address(normalise(mask))))
    name = named(mask)
    if name is None:
        raise NotFound(f"There is no account {mask}; to ban the nick of a guest, write {mask}!*@*.")
    return name


def _require_narrow_network(network: str) -> str:
    """Refuse a network that a good part of the world is in."""
    found = ip_network(network)
    if found.prefixlen < MIN_PREFIX_BITS[found.version]:
        raise UsageError(f"{network} is too wide; a ban is of /{MIN_PREFIX_BITS[found.version]} or less.")
    return network


def _with_canonical_address(mask: str) -> str:
    """Return the mask with an address, if there is one, in the form in which it is compared."""
    person, at, host = mask.rpartition("@")
    is_address = "/" not in host and detect_ban_type(host) is BanType.ADDRESS
    return f"{person}{at}{_canonical_network(host)}" if is_address else mask


def _reject_network_in_mask(mask: str) -> str:
    """Refuse a mask of a network, which no address is ever like."""
    host = mask.rpartition("@")[2]
    if "/" in host and detect_ban_type(host) is BanType.ADDRESS:
        raise UsageError(
            f"{mask} would ban nobody; a network is banned by itself: {_canonical_network(host)}."
        )
    return mask


def _reject_overbroad_mask(mask: str) -> str:
    """Refuse a mask that tells nobody from others."""
    is_about_letters = any(letter.isalnum() for letter in mask.removesuffix(CLOAK_SUFFIX))
    if not is_about_letters or matches(mask, _SAMPLE_SOURCE):
        raise UsageError(f"{mask} would ban everybody; name a letter or a digit of whom it is about.")
    return mask


def _canonical_network(mask: str) -> str:
    try:
        network = ip_network(mask, strict=False)
    except ValueError as error:
        raise UsageError(f"{mask} is not an address or network such as 192.0.2.0/24.") from error
    if isinstance(network, IPv6Network) and network.prefixlen >= 96:
        mapped = network.network_address.ipv4_mapped
        network = network if mapped is None else ip_network((mapped, network.prefixlen - 96))
    whole = network.prefixlen == network.max_prefixlen
    return str(network.network_address) if whole else str(network)


def list_bans(session: Session, now: int, expired: bool = False) -> list[BanLine]:
    """Return the bans that hold, oldest first; with `expired` also those that held once."""
    query = select(BanRow).order_by(BanRow.created, BanRow.id)
    if not expired:
        query = query.where(or_(BanRow.expires.is_(None), BanRow.expires > now))
    return [_ban_line(ban, now) for ban in session.scalars(query)]


def _ban_line(ban: BanRow, now: int) -> BanLine:
    return BanLine(
        type=ban.type,
        mask=ban.mask,
        reason=ban.reason,
        by=ban.by,
        created=to_datetime(ban.created),
        expires=to_datetime_or_none(ban.expires),
        active=is_ahead(ban.expires, now),
    )


def add_ban(admin: Administrator, kind: BanType, mask: str, reason: str, expires: int | None) -> AdminChange:
    """Decide on a new ban; one that expired makes way for it.

    Raises: AlreadyExists, UsageError, NotFound.
    """
    mask = normalise_ban_mask(kind, mask, account_name_lookup(admin.session))
    former = [ban for ban in _find(admin.session, mask) if ban.type == kind.value]
    if any(is_ahead(ban.expires, admin.clock.now()) for ban in former):
        raise AlreadyExists(f"There is a ban of {mask} already; remove it first to change it.")
    data = ban_data(admin.clock, kind, expires)
    event = Event(Kind.BANNED, nick=admin.actor, target=mask, text=reason, data=data)
    events = [*(_removal_event(ban, admin.actor) for ban in former), event]
    detail = {"type": kind.value, "reason": reason, "expires": to_iso_or_none(expires)}
    return admin.make_change(events, "ban.add", mask, **detail)


def ban_data(clock: Clock, kind: BanType, expires: int | None) -> dict[str, Any]:
    """Return what the event of a new ban says beside its mask and reason."""
    return {"id": clock.identity(), "type": kind.value, "expires": expires}


def remove_ban(admin: Administrator, mask: str) -> AdminChange:
    """Decide to lift every ban of a mask.

    Raises: NotFound.
    """
    found = _find(admin.session, mask)
    if not found:
        raise NotFound(f"There is no ban of {mask}; `chat-admin ban list` shows all.")
    return admin.make_change([_removal_event(ban, admin.actor) for ban in found], "ban.remove", found[0].mask)


def _removal_event(ban: BanRow, by: str) -> Event:
    return Event(Kind.UNBANNED, nick=by, target=ban.mask, data={"id": ban.id})


def _find(session: Session, mask: str) -> list[BanRow]:
    return [ban for ban in session.scalars(select(BanRow)) if is_same_mask(ban.mask, mask)]


def is_same_mask(kept: str, typed: str) -> bool:
    """Whether somebody who types this means the ban that is kept like that; case makes no difference."""
    forms = {typed, normalise(typed), _with_canonical_address(normalise(typed))}
    if detect_ban_type(typed) is BanType.ADDRESS:
        forms.add(_canonical_network(typed))
    return caseless(kept) in map(caseless, forms)
