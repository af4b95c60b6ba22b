"""Throttling of password guesses, in a way that cannot lock out the owner of an account.

Wrong secrets are counted per address they come from, and per account (or anything else with a name and a secret).
The limit per account is much higher and applies only to unknown addresses: an address that has once presented the
right secret is never locked out by the attempts of others. All addresses of one customer of a provider count as
one (`rate_key`).

It belongs to the engine's thread; the number of keys is limited.
"""

from collections import OrderedDict
from collections.abc import Iterable

from app.clock import Clock
from app.engine.rate_limits import MAX_KEYS, RateLimit, rate_key

WINDOW_SECONDS = 300.0  # how long a wrong secret counts
PER_NAME_FACTOR = 10  # the limit per name, as a multiple of the limit per address


class LoginThrottle:
    """Counts wrong secrets. `maximum` is the limit for one address in five minutes."""

    def __init__(self, clock: Clock, maximum: int) -> None:
        self._addresses = RateLimit(clock, maximum, WINDOW_SECONDS)
        self._names = RateLimit(clock, maximum * PER_NAME_FACTOR, WINDOW_SECONDS)
        self._trusted: OrderedDict[tuple[str, str], None] = OrderedDict()

    def set_maximum(self, maximum: int) -> None:
        """Change the limit for one address; the limit per name follows."""
        self._addresses.set_maximum(maximum)
        self._names.set_maximum(maximum * PER_NAME_FACTOR)

    def delay_seconds(self, address: str, name: str | None = None) -> float:
        """Return the seconds until the address may try again, for a name if given; 0 if it may now."""
        key = rate_key(address)
        seconds = self._addresses.delay_seconds(key)
        if name is None or (name, key) in self._trusted:
            return seconds
        return max(seconds, self._names.delay_seconds(name))

    def record(self, address: str, name: str | None = None) -> None:
        """Record a wrong secret."""
        self._addresses.record(rate_key(address))
        if name is not None:
            self._names.record(name)

    def trust(self, address: str, name: str) -> None:
        """Record a right secret: the limit per name no longer applies to this address."""
        known = name, rate_key(address)
        self._trusted[known] = None
        self._trusted.move_to_end(known)
        if len(self._trusted) > MAX_KEYS:
            self._trusted.popitem(last=False)

    def restore_trusted(self, known: Iterable[tuple[str, str]]) -> None:
        """Restore trusted pairs of address and name, the most recent last."""
        for address, name in known:
            self.trust(address, name)
