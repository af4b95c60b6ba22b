"""The interface through which the engine calls the command layer, which it may not import."""

from collections.abc import Sequence
from typing import Protocol

from app.engine.changeset import Changeset
from app.engine.delivery.client import Client
from app.engine.submission_unit import SlowWork, Step
from app.events import Event
from app.services.retention.expiry import ExpiryCounts
from app.services.retention.policies import RetentionDefaults


class CommandHandler(Protocol):
    """What the engine requires of the command layer; implemented by the dispatcher."""

    def run(self, changeset: Changeset, client: Client, step: Step) -> SlowWork | None:
        """Run one step, or refuse a write to a read-only changeset; return slow work, if any."""

    def apply_remote(self, changeset: Changeset, event: Event) -> None:
        """Apply and deliver an event that another process appended, with its consequences."""

    def check_idle(self, changeset: Changeset) -> None:
        """Ping idle connections and close those that timed out."""

    def drain(self, changeset: Changeset) -> bool:
        """Close the next few connections before the server stops; return whether none is left."""

    def run_housekeeping(self, changeset: Changeset) -> None:
        """Do periodic work, such as expiry; the changeset is writable."""

    @property
    def server_name(self) -> str:
        """The name under which the server itself acts."""

    @property
    def retention_defaults(self) -> RetentionDefaults:
        """How long history is kept by default."""

    def record_expiry(self, changeset: Changeset, counts: ExpiryCounts) -> None:
        """Record that expired history was removed; the changeset is writable."""

    def revert(self, event: Event) -> str:
        """Undo an event that could not be stored; return the error line for its author."""

    def shut_down(self, changeset: Changeset, reason: str, departing: Sequence[Client]) -> None:
        """Disconnect all users before the server stops, and say why.

        `departing` are clients that were to be disconnected by a changeset that is not stored.
        """

    def remove_node(
        self, changeset: Changeset, name: str, reason: str, delivered_until: int | None = None
    ) -> None:
        """Record the end of a node, and end its sessions; the changeset is writable.

        Everything up to the instant `delivered_until`, by default now, has been delivered to its
        users.
        """
