"""Rate limits: how often something may happen per address or name within a time window.

They belong to the engine's thread. The number of keys is limited; the ones that were inactive longest are dropped
first.
"""

from collections import OrderedDict, deque
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil

from app.clock import Clock

MAX_KEYS = 10_000  # addresses or names that a rate limit remembers
IPV6_PREFIX_BITS = 64  # the part of an IPv6 address that a provider assigns to one customer


class RateLimit:
    """Allows `maximum` occurrences of something per key in any window of `seconds`; 0 means no limit."""

    def __init__(self, clock: Clock, maximum: int, seconds: float) -> None:
        self._clock = clock
        self._maximum = maximum
        self._seconds = seconds
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def set_maximum(self, maximum: int) -> None:
        """Change the limit; the latest occurrences so far still count."""
        self._maximum = maximum
        self._times = OrderedDict((key, deque(times, maxlen=maximum)) for key, times in self._times.items())

    def delay_seconds(self, key: str) -> float:
        """Return the seconds until the next occurrence is allowed; 0 if it is allowed now."""
        times = self._times.get(key)
        if not self._maximum or times is None or len(times) < self._maximum:
            return 0.0
        return max(0.0, times[0] + self._seconds - self._clock.monotonic())

    def record(self, key: str) -> None:
        """Record an occurrence."""
        if not self._maximum:
            return
        self._times.setdefault(key, deque(maxlen=self._maximum)).append(self._clock.monotonic())
        self._times.move_to_end(key)
        if len(self._times) > MAX_KEYS:
            self._times.popitem(last=False)


def describe_wait(seconds: float) -> str:
    """Format a waiting time in minutes, rounded up."""
    minutes = max(1, ceil(seconds / 60))
    return "a minute" if minutes == 1 else f"{minutes} minutes"


def rate_key(address: str) -> str:
    """Return what identifies one customer of a provider: an IPv4 address, or the /64 network of an IPv6 one."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if not isinstance(known, IPv6Address):
        return address
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(ip_network((known, IPV6_PREFIX_BITS), strict=False))
