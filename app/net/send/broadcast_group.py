"""Broadcast groups: outboxes of one flusher that repeatedly receive the same bytes.

The engine makes one post for the whole group, and the flusher sends it to all outboxes with nothing
else queued in one operation. The work in Python does not grow with the size of the group, except
for outboxes with a transport, whose data is encoded individually.
"""

from collections.abc import Callable, Iterator, MutableSequence, Sequence, Set
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from app.net.send.outbox import Outbox
from app.net.send.sender import Sender

T = TypeVar("T")
MAX_ENCODED_BATCH_OUTBOXES = 64  # each has its own encoded copy in memory
IncompleteSend = tuple[Outbox, bytes, int]  # the outbox, its data, and bytes sent or -errno


@dataclass(frozen=True, slots=True, eq=False)
class GroupSend:
    """Bytes for all outboxes of a group except the excluded ones."""

    group: "BroadcastGroup"
    data: bytes
    excluded: Set[Any]


class BroadcastGroup:
    """A fixed set of outboxes. The engine calls `push`; everything else belongs to the flusher."""

    def __init__(self, outboxes: Sequence[Outbox], post: Callable[[GroupSend], None]) -> None:
        self.outboxes: Set[Outbox] = frozenset(outboxes)
        self._indices = {
            outbox: index
            for index, outbox in enumerate(outbox for outbox in outboxes if outbox.transport is None)
        }
        self._with_transport = [
            (outbox, outbox.transport) for outbox in outboxes if outbox.transport is not None
        ]
        self._post = post
        self._targets: MutableSequence[Any] = []
        self._closings = -1  # sockets closed by the flusher when the targets were prepared

    def push(self, data: bytes, excluded: Set[Any]) -> None:
        """Queue bytes for all outboxes except the excluded ones, until the flusher is woken."""
        self._post(GroupSend(self, data, excluded))

    def send(self, sender: Sender, data: bytes, excluded: Set[Outbox], closings: int) -> list[IncompleteSend]:
        """Send the data to all outboxes except the excluded ones; return the incomplete sends.

        `closings` is the number of sockets that the flusher has closed; if it changed, targets are
        prepared again.
        """
        return [
            *self._broadcast(sender, data, excluded, closings),
            *self._send_encoded(sender, data, excluded),
        ]

    def _broadcast(
        self, sender: Sender, data: bytes, excluded: Set[Outbox], closings: int
    ) -> Iterator[IncompleteSend]:
        if not self._indices:
            return
        if self._closings != closings:
            self._targets = sender.prepare([outbox.socket for outbox in self._indices])
            self._closings = closings
        excluded_indices = sorted(
            (self._indices[outbox] for outbox in self._indices.keys() & excluded), reverse=True
        )
        if incomplete := sender.broadcast(_without(self._targets, excluded_indices), data):
            outboxes = _without(list(self._indices), excluded_indices)
            yield from ((outboxes[index], data, sent) for index, sent in incomplete)

    def _send_encoded(self, sender: Sender, data: bytes, excluded: Set[Outbox]) -> Iterator[IncompleteSend]:
        recipients = (
            (outbox, transport) for outbox, transport in self._with_transport if outbox not in excluded
        )
        while chunk := list(islice(recipients, MAX_ENCODED_BATCH_OUTBOXES)):
            batch = [(outbox.socket, outbox.wrap(transport, data)) for outbox, transport in chunk]
            for (outbox, _), (_, encoded), sent in zip(chunk, batch, sender.send(batch), strict=True):
                if sent != len(encoded):
                    yield outbox, encoded, sent


def _without(items: MutableSequence[T], indices: Sequence[int]) -> MutableSequence[T]:
    """Return a copy without the items at some indices, which are in descending order."""
    rest = items[:]
    for index in indices:
        del rest[index]
    return rest
