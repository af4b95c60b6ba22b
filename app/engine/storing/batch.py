"""Batches that are not stored yet, and the replies that wait behind them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.engine.changeset import Changeset
from app.engine.delivery.client import Client
from app.engine.delivery.plan import Broadcast, Plan
from app.engine.storing.recipients import Recipients
from app.engine.submission_unit import SubmissionUnit
from app.events import MESSAGES


@dataclass(frozen=True, slots=True)
class WaitingReply:
    """The reply to units that store nothing, which is delivered after a batch."""

    plan: Plan
    units: Sequence[SubmissionUnit]
    reads_world: bool  # it may show what the batch has changed


@dataclass(slots=True)
class Batch:
    """A changeset that is not stored yet, its units, and the replies that wait behind it."""

    changeset: Changeset
    units: list[SubmissionUnit]
    replies: list[WaitingReply] = field(default_factory=list)
    _recipients: Recipients | None = None  # found when they are needed

    def fix_encodings(self) -> None:
        """Let the capabilities that clients negotiate from now on apply to later events only."""
        for item in self.changeset.plan:
            if isinstance(item, Broadcast):
                item.audience.fix_groups()

    def has_output_for(self, client: Client) -> bool:
        """Whether something for this client waits: an event, a reply, or the end of its unit."""
        if self._recipients is None:
            self._recipients = Recipients()
            self._recipients.add(self.changeset.plan, self.units)
            for reply in self.replies:
                self._recipients.add(reply.plan, reply.units)
        return client in self._recipients

    def add_reply(self, reply: WaitingReply) -> None:
        """Add a reply that waits behind the batch."""
        self.replies.append(reply)
        if self._recipients is not None:
            self._recipients.add(reply.plan, reply.units)

    @property
    def has_only_messages(self) -> bool:
        """Whether no later decision can depend on whether each event of the batch is stored.

        The database may reject an event, which is then undone.
        """
        events = self.changeset.events
        return bool(events) and all(event.kind in MESSAGES for event in events)

    @property
    def plans(self) -> Sequence[Plan]:
        """The plans of the batch and of the replies behind it."""
        return [self.changeset.plan, *(reply.plan for reply in self.replies)]

    @property
    def all_units(self) -> Sequence[SubmissionUnit]:
        """The units of the batch and of the replies behind it."""
        return [*self.units, *(unit for reply in self.replies for unit in reply.units)]

    def append(self, later: "Batch") -> None:
        """Add a batch that was decided after this one, and is stored together with it."""
        self.changeset.events += later.changeset.events
        self.changeset.transient += later.changeset.transient
        for reply in self.replies:
            self.changeset.plan += reply.plan
            self.units += reply.units
        self.changeset.plan += later.changeset.plan
        self.units += later.units
        self.replies = later.replies
        self._recipients = None
