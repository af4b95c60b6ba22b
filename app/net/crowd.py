"""Outboxes of one flusher that are sent the same bytes, time and again: a room, as far as it is told alike.

What the engine says to a crowd is one post, however many are in it, and the flusher sends it to all of them who
have nothing else waiting in one go. Python's share of that does not grow with the crowd.
"""

from collections.abc import Callable, MutableSequence, Sequence, Set
from dataclasses import dataclass
from typing import Any

from app.net.outbox import Outbox
from app.net.sender import Sender


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """Bytes for everybody in a crowd but those apart."""

    crowd: "Crowd"
    data: bytes
    apart: Set[Any]


class Crowd:
    """Some outboxes; who is in it never changes. `push` is the engine's, everything else the flusher's."""

    def __init__(self, outboxes: Sequence[Outbox], post: Callable[[Shared], None]) -> None:
        self._places = {outbox: place for place, outbox in enumerate(outboxes)}
        self._post = post
        self._targets: MutableSequence[Any] = []
        self._closings = -1  # how many sockets the flusher had closed when it aimed at the crowd

    def push(self, data: bytes, apart: Set[Any]) -> None:
        """Queue bytes for everybody but those apart, to be sent once the flusher is woken."""
        self._post(Shared(self, data, apart))

    @property
    def outboxes(self) -> Set[Outbox]:
        """Everybody in it."""
        return self._places.keys()

    def aim(self, sender: Sender, closings: int) -> None:
        """Find the sockets out, unless they are known and none has been closed since."""
        if self._closings != closings:
            self._targets = sender.aim([outbox.socket for outbox in self._places])
            self._closings = closings

    def without(self, some: Set[Outbox]) -> tuple[list[Outbox], MutableSequence[Any]]:
        """Return everybody but some, mostly few, and in the same order what the sender knows them by."""
        outboxes, targets = list(self._places), self._targets[:]
        for place in sorted((self._places[outbox] for outbox in self.outboxes & some), reverse=True):
            del outboxes[place], targets[place]
        return outboxes, targets
