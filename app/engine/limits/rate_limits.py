"""Rate limits per address or name, over a sliding time window.

They belong to the engine's thread. The number and the length of keys are limited: the least
recently used key is dropped first, and long keys with the same beginning count as one.
"""

from collections import OrderedDict, deque
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil

from app.clock import Clock

MAX_KEYS = 10_000  # per rate limit
MAX_KEY_CHARACTERS = 256  # longer than any account or e-mail address; keys from strangers may be longer
IPV6_PREFIX_BITS = 64  # providers assign a /64 network to each customer


class RateLimit:
    """Allows `maximum` events per key in any window of `seconds`; a maximum of 0 disables it."""

    def __init__(self, clock: Clock, maximum: int, seconds: float) -> None:
        self._clock = clock
        self._maximum = maximum
        self._seconds = seconds
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def set_maximum(self, maximum: int) -> None:
        """Change the limit; recorded events still count."""
        self._maximum = maximum
        self._times = OrderedDict((key, deque(times, maxlen=maximum)) for key, times in self._times.items())

    def delay_seconds(self, key: str) -> float:
        """Return the seconds until the next event is allowed; 0 if it is allowed now."""
        times = self._times.get(key[:MAX_KEY_CHARACTERS])
        if not self._maximum or times is None or len(times) < self._maximum:
            return 0.0
        return max(0.0, times[0] + self._seconds - self._clock.monotonic())

    def record(self, key: str) -> None:
        """Record an event."""
        if not self._maximum:
            return
        key = key[:MAX_KEY_CHARACTERS]
        self._times.setdefault(key, deque(maxlen=self._maximum)).append(self._clock.monotonic())
        self._times.move_to_end(key)
        if len(self._times) > MAX_KEYS:
            self._times.popitem(last=False)


def describe_wait(seconds: float) -> str:
    """Format a delay in minutes, rounded up."""
    minutes = max(1, ceil(seconds / 60))
    return "a minute" if minutes == 1 else f"{minutes} minutes"


def rate_key(address: str) -> str:
    """Return the rate limit key of an address: the IPv4 address, or the IPv6 /64 network."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network((parsed, IPV6_PREFIX_BITS), strict=False))
