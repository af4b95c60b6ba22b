"""Server-wide bans of accounts, nick masks, addresses and networks.

`chat-admin` and the IRC commands share the validation and the normal form of masks. A ban that
would match everybody, or a large part of the Internet, is refused as a mistake. Functions that take
an `Administrator` return a change, which `apply_admin_change` records.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv6Network, ip_network

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from app.clock import Clock, is_future, to_datetime, to_datetime_or_none, to_iso_or_none
from app.db.models import BanRow
from app.errors import AlreadyExists, NotFound, UsageError
from app.events import Event, Kind
from app.events.data import BannedData, RevokedData
from app.services.accounts.accounts import find_account
from app.services.administration.admin_changes import AdminChange, Administrator
from app.wire.masks import CLOAK_SUFFIX, matches, normalise
from app.wire.names import caseless, fold

_MASK_CHARACTERS = "!@*?"
MAX_MASK_LENGTH = 256  # characters; the width of the column
MAX_BANS = 50_000  # active at the same time; the server holds them in memory
# Contains every separator that can occur in a cloaked source, so a mask that matches it matches
# everybody.
_SAMPLE_SOURCE = f"{'-' * 20}!~{'-' * 8}@{'.'.join(['-' * 8] * 3)}{CLOAK_SUFFIX}"
MIN_PREFIX_BITS = {4: 8, 6: 16}  # shortest prefix of a banned network, by IP version

# Maps any spelling of an account name to the registered one, or to None.
AccountNameLookup = Callable[[str], str | None]


class BanType(StrEnum):
    """The type of a ban, as stored in the table."""

    ACCOUNT = "account"
    NICK = "nick"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class BanLine:
    """An entry in the list of bans."""

    type: str
    mask: str
    reason: str
    by: str
    created: datetime
    expires: datetime | None
    active: bool


def detect_ban_type(mask: str) -> BanType:
    """Return the type of a ban mask: an address or network, a nick mask, or an account name."""
    try:
        ip_network(mask, strict=False)
    except ValueError:
        return BanType.NICK if any(sign in mask for sign in _MASK_CHARACTERS) else BanType.ACCOUNT
    return BanType.ADDRESS


def account_name_lookup(session: Session) -> AccountNameLookup:
    """Return a function that looks up account names in the database."""

    def lookup(name: str) -> str | None:
        account = find_account(session, fold(name))
        return account.name if account else None

    return lookup


def normalise_ban_mask(kind: BanType, mask: str, lookup: AccountNameLookup) -> str:
    """Return the mask in normal form, as it is stored.

    Raises:
        UsageError: the mask is malformed or too broad.
        NotFound: the account does not exist.
    """
    if not mask.strip() or len(mask) > MAX_MASK_LENGTH or any(c.isspace() or c < " " for c in mask):
        raise _malformed_mask()
    if kind is BanType.ADDRESS:
        return _require_narrow_network(_canonical_network(mask))
    if mask.startswith(":"):  # in no nick, and not valid as a middle parameter (RFC 1459 section 2.3.1)
        raise _malformed_mask()
    if kind is BanType.NICK:
        return _reject_overbroad_mask(_reject_network_in_mask(_with_canonical_address(normalise(mask))))
    name = lookup(mask)
    if name is None:
        raise NotFound(f"There is no account {mask}; to ban a guest's nick, use {mask}!*@*.")
    return name


def _malformed_mask() -> UsageError:
    return UsageError(
        "The mask must be an account, a nick mask such as spam*!*@*, or an address, "
        "without spaces or a leading colon."
    )


def _require_narrow_network(network: str) -> str:
    found = ip_network(network)
    if found.prefixlen < MIN_PREFIX_BITS[found.version]:
        raise UsageError(
            f"{network} is too large; ban a network of /{MIN_PREFIX_BITS[found.version]} or smaller."
        )
    return network


def _with_canonical_address(mask: str) -> str:
    """Return the mask with the IP address in its host, if any, in canonical form."""
    nick_and_user, at_sign, host = mask.rpartition("@")
    is_address = "/" not in host and detect_ban_type(host) is BanType.ADDRESS
    return f"{nick_and_user}{at_sign}{_canonical_network(host)}" if is_address else mask


def _reject_network_in_mask(mask: str) -> str:
    """Return the mask unless its host is a network, which would never match as text.

    Raises: UsageError.
    """
    host = mask.rpartition("@")[2]
    if "/" in host and detect_ban_type(host) is BanType.ADDRESS:
        raise UsageError(f"{mask} would match nobody; to ban the network, use {_canonical_network(host)}.")
    return mask


def _reject_overbroad_mask(mask: str) -> str:
    """Return the mask unless it matches everybody.

    Raises: UsageError.
    """
    has_alphanumeric = any(letter.isalnum() for letter in mask.removesuffix(CLOAK_SUFFIX))
    if not has_alphanumeric or matches(mask, _SAMPLE_SOURCE):
        raise UsageError(f"{mask} would ban everybody; use a mask with at least one letter or digit.")
    return mask


def _canonical_network(mask: str) -> str:
    try:
        network = ip_network(mask, strict=False)
    except ValueError as error:
        raise UsageError(
            f"{mask} is not an IP address or network; use the form 192.0.2.7 or 192.0.2.0/24."
        ) from error
    if isinstance(network, IPv6Network) and network.prefixlen >= 96:
        mapped = network.network_address.ipv4_mapped
        network = network if mapped is None else ip_network((mapped, network.prefixlen - 96))
    is_single = network.prefixlen == network.max_prefixlen
    return str(network.network_address) if is_single else str(network)


def list_bans(session: Session, now: int, expired: bool = False) -> list[BanLine]:
    """Return the active bans, oldest first; with `expired`, also the expired ones."""
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
        active=is_future(ban.expires, now),
    )


def add_ban(admin: Administrator, kind: BanType, mask: str, reason: str, expires: int | None) -> AdminChange:
    """Add a ban, replacing an expired ban on the same mask.

    `expires` is in milliseconds since the Unix epoch; None means never.

    Raises: AlreadyExists, NotFound; UsageError, also when there are MAX_BANS active bans.
    """
    mask = normalise_ban_mask(kind, mask, account_name_lookup(admin.session))
    existing = [ban for ban in _find(admin.session, mask) if ban.type == kind.value]
    if any(is_future(ban.expires, admin.clock.now()) for ban in existing):
        raise AlreadyExists(f"{mask} is already banned; to change the ban, remove it first.")
    check_ban_count(admin.session.scalar(_count_active(admin.clock.now())) or 0)
    data = ban_data(admin.clock, kind, expires)
    event = Event(Kind.BANNED, nick=admin.actor, target=mask, text=reason, data=data)
    events = [*(_removal_event(ban, admin.actor) for ban in existing), event]
    detail = {"type": kind.value, "reason": reason, "expires": to_iso_or_none(expires)}
    return admin.make_change(events, "ban.add", mask, **detail)


def check_ban_count(active: int) -> None:
    """Refuse another ban if as many as the server can hold are active.

    Raises: UsageError.
    """
    if active >= MAX_BANS:
        raise UsageError(
            f"There are already {MAX_BANS} bans; remove some, or ban networks instead of addresses."
        )


def _count_active(now: int) -> Select[int]:
    return select(func.count(BanRow.id)).where(or_(BanRow.expires.is_(None), BanRow.expires > now))


def ban_data(clock: Clock, kind: BanType, expires: int | None) -> BannedData:
    """Return the data of the event that adds a ban."""
    return BannedData(clock.new_id(), kind.value, expires)


def remove_ban(admin: Administrator, mask: str) -> AdminChange:
    """Remove all bans on a mask.

    Raises: NotFound.
    """
    found = _find(admin.session, mask)
    if not found:
        raise NotFound(f"There is no ban on {mask}; `chat-admin ban list` lists all bans.")
    return admin.make_change([_removal_event(ban, admin.actor) for ban in found], "ban.remove", found[0].mask)


def _removal_event(ban: BanRow, by: str) -> Event:
    return Event(Kind.UNBANNED, nick=by, target=ban.mask, data=RevokedData(ban.id))


def _find(session: Session, mask: str) -> list[BanRow]:
    equivalent = equivalent_masks(mask)
    return [ban for ban in session.scalars(select(BanRow)) if caseless(ban.mask) in equivalent]


def equivalent_masks(typed: str) -> frozenset[str]:
    """Return the stored masks that a mask, as typed, stands for, in caseless form."""
    spellings = {typed, normalise(typed), _with_canonical_address(normalise(typed))}
    if detect_ban_type(typed) is BanType.ADDRESS:
        spellings.add(_canonical_network(typed))
    return frozenset(map(caseless, spellings))
