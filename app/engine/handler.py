"""The interface through which the engine calls the commands, which are in a layer above it."""

from typing import Protocol

from app.engine.changeset import Changeset
from app.engine.delivery.client import Client
from app.engine.submission_unit import SlowWork, Step
from app.events import Event


class CommandHandler(Protocol):
    """The commands, as the engine sees them. The dispatcher implements it."""

    def run(self, changeset: Changeset, client: Client, step: Step) -> SlowWork | None:
        """Run one step; if the changeset is not writable, refuse steps that write."""

    def apply_remote(self, changeset: Changeset, event: Event) -> None:
        """Apply an event of another node, deliver it, and handle its consequences."""

    def check_idle(self, changeset: Changeset) -> None:
        """Ping idle connections, and close unresponsive ones."""

    def run_housekeeping(self, changeset: Changeset) -> None:
        """Do time-driven work, such as expiry, in a writable changeset."""

    def revert(self, event: Event) -> str:
        """Undo an event that could not be stored, and return the error line for its author."""

    def shut_down(self, changeset: Changeset) -> None:
        """Disconnect all users, because the server stops."""
