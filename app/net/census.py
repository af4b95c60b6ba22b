"""Who may connect: counts, so that one address cannot take all connections."""

from collections import Counter
from dataclasses import dataclass, field
from ipaddress import ip_address
from threading import Lock


@dataclass(slots=True)
class Census:
    """Counts connections, all of them and those of each address."""

    most: int
    most_per_address: int
    _lock: Lock = field(default_factory=Lock)
    _by_address: Counter[str] = field(default_factory=Counter)

    def admit(self, address: str) -> str | None:
        """Count a connection in, or return why it may not be."""
        with self._lock:
            if self._by_address.total() >= self.most:
                return "The server is full; try again later"
            if self._by_address[address] >= self.most_per_address and not ip_address(address).is_loopback:
                return "Too many connections from your address"
            self._by_address[address] += 1
            return None

    def release(self, address: str) -> None:
        """Count a connection out."""
        with self._lock:
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]
