"""What the engine asks of the commands, which are above it; the composition root gives it the real ones."""

from typing import Protocol

from app.engine.changeset import Batch
from app.engine.delivery.client import Client
from app.engine.submission_unit import Step, Task
from app.events import Event


class Rules(Protocol):
    """What the engine asks of the commands; the composition root gives it the real ones."""

    def run(self, batch: Batch, client: Client, step: Step) -> Task | None:
        """Do one step; in a batch that is not writable, refuse what would write."""

    def adopt(self, batch: Batch, event: Event) -> None:
        """Apply an event that somebody else appended, tell those it concerns, and do what follows from it."""

    def tick(self, batch: Batch) -> None:
        """Look after idle connections."""

    def see_to(self, batch: Batch) -> None:
        """Decide what time alone has brought about; in a batch that is writable."""

    def withdraw(self, event: Event) -> str:
        """Take back an event that could not be stored, and return the line that tells its author so."""

    def farewell(self, batch: Batch) -> None:
        """Take leave of everybody: the server stops."""
