"""A semaphore that serves its waiters by fair queueing (RFC 970).

Waiters belong to flows. A slot that becomes free goes to the flows in turn, so a flow with many
waiters delays every other flow by at most one use of a slot for each flow that is waiting.
"""

from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """A queue of items that belong to flows: it serves the flows in turn, each in order.

    It holds a flow only while it has items, and sets no limit on their number.
    """

    def __init__(self) -> None:
        self._flows: OrderedDict[str, deque[T]] = OrderedDict()  # the next to be served first

    def push(self, flow: str, item: T) -> None:
        """Append an item to its flow; a flow without items is served after all others."""
        self._flows.setdefault(flow, deque()).append(item)

    def pop(self) -> T | None:
        """Remove and return the first item of the next flow, or None if the queue is empty."""
        if not self._flows:
            return None
        flow, items = self._flows.popitem(last=False)
        item = items.popleft()
        if items:
            self._flows[flow] = items
        return item

    def count_by_flow(self) -> dict[str, int]:
        """Return the number of items of each flow, the next to be served first."""
        return {flow: len(items) for flow, items in self._flows.items()}


class FairSemaphore:
    """A number of slots for which threads wait in a fair queue.

    Like `threading.Semaphore`, it has no limit on the number of waiters: every waiter is a thread,
    and the connection limits bound those.
    """

    def __init__(self, slots: int) -> None:
        self._lock = Lock()
        self._free = slots
        self._waiting: FairQueue[Lock] = FairQueue()

    @contextmanager
    def slot(self, flow: str) -> Iterator[None]:
        """Hold a slot; wait for it as part of a flow if all are in use."""
        self._acquire(flow)
        try:
            yield
        finally:
            self._release()

    def count_waiting(self) -> dict[str, int]:
        """Return the number of threads that wait for a slot, by flow."""
        with self._lock:
            return self._waiting.count_by_flow()

    def _acquire(self, flow: str) -> None:
        with self._lock:
            if self._free:  # then nobody is waiting
                self._free -= 1
                return
            turn = Lock()
            turn.acquire()
            self._waiting.push(flow, turn)
        turn.acquire()

    def _release(self) -> None:
        """Pass the slot on to the next waiter, or free it."""
        with self._lock:
            turn = self._waiting.pop()
            if turn is None:
                self._free += 1
            else:
                turn.release()
