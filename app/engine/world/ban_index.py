"""Server-wide bans in memory, indexed so that a look-up does not try each of them.

Addresses and networks are filed by prefix length, account bans by account, and nick masks by their
literal parts (`wire.mask_index`). A look-up costs a few dictionary probes however many bans there
are. Expired bans leave the index, but are kept by id and mask until they are removed or replaced.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from ipaddress import IPv6Address, ip_address, ip_network

from app.clock import Clock, is_future
from app.services.administration.bans import BanType
from app.wire.mask_index import MaskIndex, PartitionedIndex
from app.wire.names import caseless, fold


@dataclass(slots=True, frozen=True)
class Ban:
    """A server-wide ban and its author; `expires` is an instant, or None for a permanent ban."""

    id: int
    type: str
    mask: str
    reason: str
    expires: int | None
    by: str


class NetworkIndex:
    """Bans of addresses and networks: one partition for each prefix length."""

    def __init__(self) -> None:
        self._versions: dict[int, PartitionedIndex[Ban]] = {4: PartitionedIndex(), 6: PartitionedIndex()}

    def add(self, ban: Ban) -> None:
        """Add a ban.

        Raises: ValueError when its mask is not an address or network.
        """
        version, length, prefix = _split_network(ban.mask)
        self._versions[version].add(length, prefix, ban.id, ban)

    def discard(self, ban: Ban) -> None:
        """Remove a ban.

        Raises: ValueError when its mask is not an address or network.
        """
        version, length, prefix = _split_network(ban.mask)
        self._versions[version].discard(length, prefix, ban.id)

    def find(self, address: str) -> Iterator[Ban]:
        """Yield the bans of an address and of the networks that contain it."""
        parsed = ip_address(address)
        if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped
        number, width = int(parsed), parsed.max_prefixlen
        return self._versions[parsed.version].find(lambda length: number >> (width - length))


def _split_network(mask: str) -> tuple[int, int, int]:
    """Return the IP version, the prefix length and the prefix of a network, as a number."""
    network = ip_network(mask, strict=False)
    host_bits = network.max_prefixlen - network.prefixlen
    return network.version, network.prefixlen, int(network.network_address) >> host_bits


class BanIndex:
    """All server-wide bans. It belongs to the engine's thread."""

    def __init__(self, clock: Clock, *bans: Ban) -> None:
        self._clock = clock
        self.by_id: dict[int, Ban] = {}  # also the expired ones
        self._by_mask: dict[str, dict[int, Ban]] = {}
        self._accounts: dict[str, dict[int, Ban]] = {}
        self._networks = NetworkIndex()
        self._masks: MaskIndex[Ban] = MaskIndex()
        self._expiries: list[tuple[int, int]] = []  # a heap of instants and ids
        for ban in bans:
            self.add(ban)

    def add(self, ban: Ban) -> None:
        """Add a ban; a ban with an invalid mask is kept, but applies to nobody."""
        self.remove(ban.id)
        self.by_id[ban.id] = ban
        self._by_mask.setdefault(caseless(ban.mask), {})[ban.id] = ban
        if not is_future(ban.expires, self._clock.now()):
            return
        if ban.expires is not None:
            heappush(self._expiries, (ban.expires, ban.id))
        if ban.type == BanType.ACCOUNT:
            self._accounts.setdefault(fold(ban.mask), {})[ban.id] = ban
        elif ban.type == BanType.NICK:
            self._masks.add(ban.mask, ban.id, ban)
        elif _is_network(ban.mask):
            self._networks.add(ban)

    def remove(self, id: int) -> None:
        """Remove a ban, if it exists."""
        ban = self.by_id.pop(id, None)
        if ban is not None:
            _discard(self._by_mask, caseless(ban.mask), id)
            self._unindex(ban)

    def _unindex(self, ban: Ban) -> None:
        """Remove a ban from the look-ups, if it is there."""
        if ban.type == BanType.ACCOUNT:
            _discard(self._accounts, fold(ban.mask), ban.id)
        elif ban.type == BanType.NICK:
            self._masks.discard(ban.mask, ban.id)
        elif _is_network(ban.mask):
            self._networks.discard(ban)

    def _unindex_expired(self) -> None:
        now = self._clock.now()
        while self._expiries and self._expiries[0][0] <= now:
            ban = self.by_id.get(heappop(self._expiries)[1])
            if ban is not None and not is_future(ban.expires, now):
                self._unindex(ban)

    def active(self) -> Iterable[Ban]:
        """Return the bans that have not expired, in the order in which they were added."""
        now = self._clock.now()
        return (ban for ban in self.by_id.values() if is_future(ban.expires, now))

    def count_active(self) -> int:
        """Return the number of bans that have not expired."""
        return sum(1 for _ in self.active())

    def with_mask(self, spellings: Iterable[str]) -> list[Ban]:
        """Return the bans whose mask is any of these, in caseless form; also the expired ones."""
        return [ban for mask in spellings for ban in self._by_mask.get(mask, {}).values()]

    def of_account(self, name: str) -> Iterable[Ban]:
        """Return the active bans of an account."""
        self._unindex_expired()
        return self._accounts.get(fold(name), {}).values()

    def of_address(self, address: str) -> Iterator[Ban]:
        """Return the active bans of an address and of the networks that contain it."""
        self._unindex_expired()
        return self._networks.find(address)

    def of_source(self, source: str) -> Iterator[Ban]:
        """Return the active bans whose masks match `nick!user@host`."""
        self._unindex_expired()
        return self._masks.find(source)


def _discard(index: dict[str, dict[int, Ban]], key: str, id: int) -> None:
    bans = index.get(key, {})
    bans.pop(id, None)
    if not bans:
        index.pop(key, None)


def _is_network(mask: str) -> bool:
    try:
        ip_network(mask, strict=False)
    except ValueError:
        return False
    return True
