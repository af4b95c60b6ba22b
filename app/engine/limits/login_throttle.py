"""A throttle for password guesses that cannot lock out the owner of an account.

Failures are counted per address, and per account or operator name. The limit per name is much
higher and applies only to untrusted addresses: an address that has once presented the correct
secret is not locked out by the attempts of other clients. All addresses of one customer of a
provider count as one (`rate_key`).

A throttle belongs to the engine's thread. The number of keys is limited.
"""

from collections import OrderedDict
from collections.abc import Iterable

from app.clock import Clock
from app.engine.limits.rate_limits import MAX_KEYS, RateLimit, rate_key

WINDOW_SECONDS = 300.0  # how long a failure counts
PER_NAME_FACTOR = 10  # the limit per name, as a multiple of the limit per address


def operator_key(name: str) -> str:
    """Return the name under which failures of OPER count, which never equals that of an account."""
    return f"OPER {name}"


class LoginThrottle:
    """Counts failed logins. `maximum` is the limit per address in `WINDOW_SECONDS`."""

    def __init__(self, clock: Clock, maximum: int) -> None:
        self._addresses = RateLimit(clock, maximum, WINDOW_SECONDS)
        self._names = RateLimit(clock, maximum * PER_NAME_FACTOR, WINDOW_SECONDS)
        self._trusted: OrderedDict[tuple[str, str], None] = OrderedDict()

    def set_maximum(self, maximum: int) -> None:
        """Change the limit per address; the limit per name scales with it."""
        self._addresses.set_maximum(maximum)
        self._names.set_maximum(maximum * PER_NAME_FACTOR)

    def delay_seconds(self, address: str, name: str | None = None) -> float:
        """Return the seconds until the address may try again; 0 if it may try now."""
        key = rate_key(address)
        seconds = self._addresses.delay_seconds(key)
        if name is None or (name, key) in self._trusted:
            return seconds
        return max(seconds, self._names.delay_seconds(name))

    def record(self, address: str, name: str | None = None) -> None:
        """Record a failed login."""
        self._addresses.record(rate_key(address))
        if name is not None:
            self._names.record(name)

    def trust(self, address: str, name: str) -> None:
        """Record a successful login: the limit per name no longer applies to the address."""
        pair = name, rate_key(address)
        self._trusted[pair] = None
        self._trusted.move_to_end(pair)
        if len(self._trusted) > MAX_KEYS:
            self._trusted.popitem(last=False)

    def forget(self, name: str) -> None:
        """Forget from which addresses a name, whose account was deleted, was logged in to."""
        for pair in [pair for pair in self._trusted if pair[0] == name]:
            del self._trusted[pair]

    def restore_trusted(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Restore trusted pairs of address and name, ordered from oldest to newest."""
        for address, name in pairs:
            self.trust(address, name)
