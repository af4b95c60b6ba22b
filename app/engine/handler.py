"""What the engine asks of the commands, which are above it; the composition root gives it the real ones."""

from typing import Protocol

from app.engine.changeset import Changeset
from app.engine.delivery.client import Client
from app.engine.submission_unit import SlowWork, Step
from app.events import Event


class CommandHandler(Protocol):
    """What the engine asks of the commands; the composition root gives it the real ones."""

    def run(self, changeset: Changeset, client: Client, step: Step) -> SlowWork | None:
        """Do one step; in a batch that is not writable, refuse what would write."""

    def apply_remote(self, changeset: Changeset, event: Event) -> None:
        """Apply an event that somebody else appended, tell those it concerns, and do what follows from it."""

    def check_idle(self, changeset: Changeset) -> None:
        """Look after idle connections."""

    def run_housekeeping(self, changeset: Changeset) -> None:
        """Decide what time alone has brought about; in a batch that is writable."""

    def revert(self, event: Event) -> str:
        """Take back an event that could not be stored, and return the line that tells its author so."""

    def shut_down(self, changeset: Changeset) -> None:
        """Take leave of everybody: the server stops."""
