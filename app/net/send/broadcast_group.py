"""Outboxes of one flusher that are told the same bytes, time and again: a room, as far as it is told alike.

What the engine says to a crowd is one post, however many are in it, and the flusher sends it to all of them who
have nothing else waiting in one go. Python's share of that does not grow with the crowd, but for those behind
pipes: what they are told is wrapped for each of them.
"""

from collections.abc import Callable, Iterator, MutableSequence, Sequence, Set
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from app.net.send.outbox import Outbox
from app.net.send.sender import Sender

T = TypeVar("T")
MAX_ENCRYPTED_BATCH = (
    64  # people for whom the same is wrapped before it is sent: each has a copy of their own
)
Short = tuple[Outbox, bytes, int]  # who did not take all of their bytes, and what the sender says


@dataclass(frozen=True, slots=True, eq=False)
class GroupSend:
    """Bytes for everybody in a crowd but those apart."""

    group: "BroadcastGroup"
    data: bytes
    excluded: Set[Any]


class BroadcastGroup:
    """Some outboxes; who is in it never changes. `push` is the engine's, everything else the flusher's."""

    def __init__(self, outboxes: Sequence[Outbox], post: Callable[[GroupSend], None]) -> None:
        self.outboxes: Set[Outbox] = frozenset(outboxes)
        self._places = {
            outbox: place for place, outbox in enumerate(one for one in outboxes if one.transport is None)
        }
        self._piped = [(outbox, outbox.transport) for outbox in outboxes if outbox.transport is not None]
        self._post = post
        self._targets: MutableSequence[Any] = []
        self._closings = -1  # of the flusher, when the targets were found out

    def push(self, data: bytes, excluded: Set[Any]) -> None:
        """Queue bytes for everybody but those apart, to be sent once the flusher is woken."""
        self._post(GroupSend(self, data, excluded))

    def send(self, sender: Sender, data: bytes, excluded: Set[Outbox], closings: int) -> list[Short]:
        """Send the same to everybody but those apart.

        `closings` is how many sockets the flusher has closed: where the others are is found out anew after one.
        """
        return [
            *self._broadcast(sender, data, excluded, closings),
            *self._send_wrapped(sender, data, excluded),
        ]

    def _broadcast(
        self, sender: Sender, data: bytes, excluded: Set[Outbox], closings: int
    ) -> Iterator[Short]:
        if not self._places:
            return
        if self._closings != closings:
            self._targets = sender.prepare([outbox.socket for outbox in self._places])
            self._closings = closings
        left_out = sorted((self._places[outbox] for outbox in self._places.keys() & excluded), reverse=True)
        if short := sender.broadcast(_without(self._targets, left_out), data):
            outboxes = _without(list(self._places), left_out)
            yield from ((outboxes[place], data, sent) for place, sent in short)

    def _send_wrapped(self, sender: Sender, data: bytes, excluded: Set[Outbox]) -> Iterator[Short]:
        hearers = ((outbox, transport) for outbox, transport in self._piped if outbox not in excluded)
        while some := list(islice(hearers, MAX_ENCRYPTED_BATCH)):
            batch = [(outbox.socket, outbox.wrap(transport, data)) for outbox, transport in some]
            for (outbox, _), (_, wrapped), sent in zip(some, batch, sender.send(batch), strict=True):
                if sent != len(wrapped):
                    yield outbox, wrapped, sent


def _without(items: MutableSequence[T], places: Sequence[int]) -> MutableSequence[T]:
    """Return the items without those at a few places, given from the last on."""
    left = items[:]
    for place in places:
        del left[place]
    return left
