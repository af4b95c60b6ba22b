"""Patience: how often something may happen in a while, for one address or one name.

It belongs to the engine's thread. What is remembered has a bound; those that were quiet longest are forgotten
first.
"""

from collections import OrderedDict, deque
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil

from app.clock import Clock

MAX_KEYS = 10_000  # addresses, or names, that a throttle knows of
IPV6_PREFIX_BITS = 64  # of an IPv6 address: the part that one customer has to himself


class RateLimit:
    """Counts what happened lately to each key. `most` is how often it may; 0 is no limit."""

    def __init__(self, clock: Clock, most: int, seconds: float) -> None:
        self._clock = clock
        self._most = most
        self._seconds = seconds
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def set_maximum(self, most: int) -> None:
        """Let it happen so often from now on; of what was noted before, the latest still counts."""
        self._most = most
        self._times = OrderedDict((key, deque(times, maxlen=most)) for key, times in self._times.items())

    def wait(self, key: str) -> float:
        """Return the seconds until it may happen again; 0 if it may now."""
        times = self._times.get(key)
        if not self._most or times is None or len(times) < self._most:
            return 0.0
        return max(0.0, times[0] + self._seconds - self._clock.monotonic())

    def note(self, key: str) -> None:
        """It has happened."""
        if not self._most:
            return
        self._times.setdefault(key, deque(maxlen=self._most)).append(self._clock.monotonic())
        self._times.move_to_end(key)
        if len(self._times) > MAX_KEYS:
            self._times.popitem(last=False)


def describe_wait(seconds: float) -> str:
    """Write how long to wait, in minutes."""
    minutes = max(1, ceil(seconds / 60))
    return "a minute" if minutes == 1 else f"{minutes} minutes"


def rate_key(address: str) -> str:
    """Return what one customer of a provider has: an IPv4 address, or the first half of an IPv6 one."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if not isinstance(known, IPv6Address):
        return address
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(ip_network((known, IPV6_PREFIX_BITS), strict=False))
