"""Delivers batches once they are stored, and replies in their place between them.

Up to two batches are not known to be stored: the first is in flight or stuck, and the second was
decided ahead. While the first is in flight, a reply waits behind the last of them, because it may
show what they have changed. A reply that depends on nothing, such as PONG, is delivered at once if
nothing else for its client waits; so PONG still shows that everything decided before it has been
delivered. While the first batch is stuck, which may last long, such replies do not wait at all.
"""

from collections.abc import Callable, Sequence

from app.engine.changeset import Changeset
from app.engine.delivery.client import Client
from app.engine.delivery.hub import Hub
from app.engine.delivery.plan import Plan
from app.engine.delivery.response import Response
from app.engine.storing.batch import Batch, WaitingReply
from app.engine.submission_unit import SubmissionUnit


def _do_nothing() -> None:
    """Placeholder until the flushers are started."""


class ReleaseQueue:
    """Batches and replies in the order of their delivery. Belongs to the engine's thread."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._batches: list[Batch] = []
        self._released: Batch | None = None  # the batch that is being delivered
        self.is_stuck = False  # the first batch waits for the database to work again
        self.flush: Callable[[], None] = _do_nothing  # called after each delivery

    @property
    def deliveries(self) -> int:
        """The number of events delivered to connections since the start."""
        return self._hub.deliveries

    @property
    def first(self) -> Batch | None:
        """The oldest batch, if any."""
        return self._batches[0] if self._batches else None

    @property
    def is_in_flight(self) -> bool:
        """Whether the first batch is being committed."""
        return bool(self._batches) and not self.is_stuck

    @property
    def ahead(self) -> Batch | None:
        """The batch that was decided before the first one was stored, if any."""
        return self._batches[1] if len(self._batches) > 1 else None

    @property
    def departing(self) -> Sequence[Client]:
        """The clients that the waiting batches disconnect."""
        plans = [plan for batch in self._batches for plan in batch.plans]
        return [item.client for plan in plans for item in plan if isinstance(item, Response) and item.end]

    def put_first(self, batch: Batch) -> None:
        """Put a batch that is being committed before all others."""
        self._batches.insert(0, batch)
        self.is_stuck = False

    def append(self, batch: Batch) -> None:
        """Add a batch that was decided ahead; all that are will be stored together."""
        if self.ahead is None:
            self._batches.append(batch)
        else:
            self.ahead.append(batch)

    def take_first(self) -> Batch:
        """Remove and return the first batch."""
        self.is_stuck = False
        return self._batches.pop(0)

    def join_all(self) -> Batch:
        """Make all batches one, which stays the first, and return it."""
        first, *later = self._batches
        for batch in later:
            first.append(batch)
        self._batches = [first]
        return first

    def mark_stuck(self) -> None:
        """Mark the first batch as stuck, and release the replies that depend on nothing."""
        self.is_stuck = True
        for batch in self._batches:
            independent = [reply for reply in batch.replies if not reply.reads_world]
            batch.replies = [reply for reply in batch.replies if reply.reads_world]
            self._release_replies(independent)

    def release(self, batch: Batch) -> None:
        """Deliver a stored batch, which was removed from the queue, and the replies behind it."""
        self._released = batch
        self._release(batch.changeset.plan, batch.units)
        self._release_replies(batch.replies)
        self._released = None

    def deliver(self, changeset: Changeset, units: Sequence[SubmissionUnit]) -> None:
        """Deliver a changeset without events, behind all batches that are being committed."""
        self._put_behind(changeset, units, reads_world=True)

    def deliver_independent(self, changeset: Changeset, units: Sequence[SubmissionUnit]) -> None:
        """As `deliver`, for a changeset that shows nothing of what other clients have done."""
        self._put_behind(changeset, units, reads_world=False)

    def deliver_now(self, changeset: Changeset, units: Sequence[SubmissionUnit]) -> None:
        """Deliver a changeset that depends on nothing, to clients for which nothing waits."""
        self._release(changeset.plan, units)

    def _put_behind(self, changeset: Changeset, units: Sequence[SubmissionUnit], reads_world: bool) -> None:
        if self.is_in_flight:
            self._batches[-1].add_reply(WaitingReply(changeset.plan, units, reads_world))
        else:
            self._release(changeset.plan, units)

    def has_output_for(self, client: Client) -> bool:
        """Whether something for a client is not delivered yet."""
        return any(batch.has_output_for(client) for batch in self._batches)

    def take_units(self) -> Sequence[SubmissionUnit]:
        """Give up all batches, and return the units that wait for them."""
        batches, self._batches = self._batches, []
        if self._released is not None:
            batches.append(self._released)
        return [unit for batch in batches for unit in batch.all_units]

    def _release_replies(self, replies: Sequence[WaitingReply]) -> None:
        for reply in replies:
            self._release(reply.plan, reply.units)

    def _release(self, plan: Plan, units: Sequence[SubmissionUnit]) -> None:
        self._hub.deliver(plan)
        self.flush()
        for unit in units:
            unit.mark_done()
