"""Outboxes of one flusher that are sent the same bytes, time and again: a room, as far as it is told alike.

What the engine says to a crowd is one post, however many are in it, and the flusher sends it to all of them who
have nothing else waiting in one go. Python's share of that does not grow with the crowd.
"""

from collections.abc import Callable, MutableSequence, Sequence, Set
from dataclasses import dataclass
from typing import Any, TypeVar

from app.net.outbox import Outbox
from app.net.sender import Sender

T = TypeVar("T")


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
        self._closings = -1  # of the flusher, when the targets were found out

    def push(self, data: bytes, apart: Set[Any]) -> None:
        """Queue bytes for everybody but those apart, to be sent once the flusher is woken."""
        self._post(Shared(self, data, apart))

    @property
    def outboxes(self) -> Set[Outbox]:
        """Everybody in it."""
        return self._places.keys()

    def send(
        self, sender: Sender, data: bytes, apart: Set[Outbox], closings: int
    ) -> list[tuple[Outbox, int]]:
        """Send the same to everybody but those apart. Return who did not take all of it, and what the sender says.

        `closings` is how many sockets the flusher has closed: where the others are is found out anew after one.
        """
        if self._closings != closings:
            self._targets = sender.aim([outbox.socket for outbox in self._places])
            self._closings = closings
        left_out = sorted((self._places[outbox] for outbox in self.outboxes & apart), reverse=True)
        short = sender.broadcast(_without(self._targets, left_out), data)
        if not short:
            return []
        outboxes = _without(list(self._places), left_out)
        return [(outboxes[place], sent) for place, sent in short]


def _without(items: MutableSequence[T], places: Sequence[int]) -> MutableSequence[T]:
    """Return the items without those at a few places, given from the last on."""
    left = items[:]
    for place in places:
        del left[place]
    return left
