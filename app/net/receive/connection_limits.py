"""Who may connect: counts, so that one address cannot take all connections."""

from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address
from threading import Lock

from app.settings.fields import Network


@lru_cache
def _is_loopback(address: str) -> bool:
    return ip_address(address).is_loopback


@dataclass(slots=True)
class ConnectionLimits:
    """Counts connections, all of them and those of each address; proxies may have any number."""

    maximum: int
    max_per_address: int
    proxies: tuple[Network, ...] = ()
    _all: int = 0
    _lock: Lock = field(default_factory=Lock)
    _by_address: Counter[str] = field(default_factory=Counter)

    def configure(self, most: int, most_per_address: int, proxies: tuple[Network, ...]) -> None:
        """Count by other limits from now on; whoever is over them already stays."""
        with self._lock:
            self.maximum, self.max_per_address, self.proxies = most, most_per_address, proxies

    @property
    def count(self) -> int:
        """How many connections there are."""
        return self._all

    def admit(self, address: str) -> str | None:
        """Count a connection in, or return why it may not be."""
        with self._lock:
            if self._all >= self.maximum:
                return "The server is full; try again later"
            return self._count(address)

    def reassign(self, address: str, origin: str) -> str | None:
        """Count a connection for another address, or return why it may not be and leave all as it was."""
        with self._lock:
            refusal = self._count(origin)
            if refusal is None:
                self._discount(address)
            return refusal

    def release(self, address: str) -> None:
        """Count a connection out."""
        with self._lock:
            self._discount(address)

    def is_proxy(self, address: str) -> bool:
        """Whether the address may say for whom it connects."""
        return bool(self.proxies) and any(ip_address(address) in network for network in self.proxies)

    def _count(self, address: str) -> str | None:
        if self._by_address[address] >= self.max_per_address and not self._is_exempt(address):
            return "Too many connections from your address"
        self._by_address[address] += 1
        self._all += 1
        return None

    def _discount(self, address: str) -> None:
        self._all -= 1
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]

    def _is_exempt(self, address: str) -> bool:
        return _is_loopback(address) or self.is_proxy(address)


@dataclass(slots=True)
class ConnectionSlot:
    """One connection's place in the census, under the address it counts for."""

    limits: ConnectionLimits
    address: str

    def reassign(self, origin: str) -> str | None:
        """Count for another address from now on, or return why it may not be."""
        refusal = self.limits.reassign(self.address, origin)
        if refusal is None:
            self.address = origin
        return refusal

    @property
    def is_proxy(self) -> bool:
        """Whether it is the place of a proxy, which says for whom it connects."""
        return self.limits.is_proxy(self.address)

    def release(self) -> None:
        """Be free for somebody else."""
        self.limits.release(self.address)
