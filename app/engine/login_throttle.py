"""Guesses: secrets that were wrong, counted so that nobody may try endlessly, and nobody keeps an owner out.

They are counted for the address they come from, and for the account (or whatever has a name and a secret). The
second count is higher by far and only concerns strangers: an address from which the right secret has come is
never kept from an account by what others do. All addresses of one customer of a provider count as one.

It belongs to the engine's thread; what is remembered has a bound.
"""

from collections import OrderedDict
from collections.abc import Iterable

from app.clock import Clock
from app.engine.throttle import MAX_KEYS, RateLimit, rate_key

WINDOW_SECONDS = 300.0  # how long a wrong secret counts
PER_NAME_FACTOR = 10  # times as many are allowed for one name as from one address


class LoginThrottle:
    """Counts wrong secrets. `most` is how many may come from one address in five minutes."""

    def __init__(self, clock: Clock, most: int) -> None:
        self._addresses = RateLimit(clock, most, WINDOW_SECONDS)
        self._names = RateLimit(clock, most * PER_NAME_FACTOR, WINDOW_SECONDS)
        self._familiar: OrderedDict[tuple[str, str], None] = OrderedDict()

    def set_maximum(self, most: int) -> None:
        """Let so many come from one address from now on."""
        self._addresses.set_maximum(most)
        self._names.set_maximum(most * PER_NAME_FACTOR)

    def wait(self, address: str, name: str | None = None) -> float:
        """Return the seconds until an address may try again, for a name if one is given; 0 if it may now."""
        home = rate_key(address)
        seconds = self._addresses.wait(home)
        if name is None or (name, home) in self._familiar:
            return seconds
        return max(seconds, self._names.wait(name))

    def note(self, address: str, name: str | None = None) -> None:
        """A secret was wrong."""
        self._addresses.note(rate_key(address))
        if name is not None:
            self._names.note(name)

    def trust(self, address: str, name: str) -> None:
        """A secret was right: whoever is at this address is no stranger to the name."""
        known = name, rate_key(address)
        self._familiar[known] = None
        self._familiar.move_to_end(known)
        if len(self._familiar) > MAX_KEYS:
            self._familiar.popitem(last=False)

    def trust_all(self, seen: Iterable[tuple[str, str]]) -> None:
        """Take over who was where before: addresses and names, the latest last."""
        for address, name in seen:
            self.trust(address, name)
