"""Connection limits: in total and per address, so that one address cannot take all connections.

All addresses of one customer of a provider count as one (`rate_key`), as for every other limit.
"""

from collections import Counter
from dataclasses import dataclass, field
from ipaddress import ip_address
from threading import Lock

from app.engine.limits.rate_limits import rate_key
from app.settings.fields import Network


@dataclass(slots=True)
class ConnectionLimits:
    """Counts connections in total and per address; loopback and proxies count in total only."""

    maximum: int
    max_per_address: int
    proxies: tuple[Network, ...] = ()
    _total: int = 0
    _lock: Lock = field(default_factory=Lock)
    _by_rate_key: Counter[str] = field(default_factory=Counter)

    def configure(self, maximum: int, max_per_address: int, proxies: tuple[Network, ...]) -> None:
        """Change the limits; existing connections over them stay."""
        with self._lock:
            self.maximum, self.max_per_address, self.proxies = maximum, max_per_address, proxies

    @property
    def count(self) -> int:
        """The number of connections."""
        return self._total

    def admit(self, address: str) -> str | None:
        """Count a new connection, or return the reason to refuse it."""
        with self._lock:
            if self._total >= self.maximum:
                return "The server is full; try again later"
            return self._add(address)

    def reassign(self, address: str, origin: str) -> str | None:
        """Count a connection under another address, or return the reason to refuse it."""
        with self._lock:
            refusal = self._add(origin)
            if refusal is None:
                self._remove(address)
            return refusal

    def release(self, address: str) -> None:
        """Stop counting a connection."""
        with self._lock:
            self._remove(address)

    def is_proxy(self, address: str) -> bool:
        """Whether the address is a trusted proxy, which sends a PROXY header."""
        return bool(self.proxies) and any(ip_address(address) in network for network in self.proxies)

    def _add(self, address: str) -> str | None:
        key = rate_key(address)
        if self._by_rate_key[key] >= self.max_per_address and not self._is_exempt(address):
            return "Too many connections from your address"
        self._by_rate_key[key] += 1
        self._total += 1
        return None

    def _remove(self, address: str) -> None:
        key = rate_key(address)
        self._total -= 1
        self._by_rate_key[key] -= 1
        if not self._by_rate_key[key]:
            del self._by_rate_key[key]

    def _is_exempt(self, address: str) -> bool:
        return ip_address(address).is_loopback or self.is_proxy(address)


@dataclass(slots=True)
class ConnectionSlot:
    """An admitted connection and the address that it counts for; released at most once."""

    limits: ConnectionLimits
    address: str
    _is_released: bool = False

    def reassign(self, origin: str) -> str | None:
        """Count for another address, or return the reason to refuse it."""
        refusal = self.limits.reassign(self.address, origin)
        if refusal is None:
            self.address = origin
        return refusal

    def release(self) -> None:
        """Stop counting the connection."""
        if not self._is_released:
            self._is_released = True
            self.limits.release(self.address)
