"""Units of work that a reader submits to the engine and waits for."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Protocol

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.engine.changeset import Changeset
from app.engine.delivery.client import Client

logger = logging.getLogger(__name__)


class Step(Protocol):
    """One action on the engine's thread, with what the engine must know before it runs."""

    @property
    def writes(self) -> bool:
        """Whether it may emit events."""

    @property
    def reads_world(self) -> bool:
        """Whether its reply depends on shared state."""

    @property
    def is_quick(self) -> bool:
        """Whether it never needs slow work, so that the reader need not wait for it."""

    def must_wait(self, client: Client) -> bool:
        """Whether it can be neither run nor refused while the database fails."""


@dataclass(frozen=True, slots=True)
class Callback:
    """A step that calls a function, rather than a command from the client.

    If it `writes`, it is never refused; it waits while the database fails.
    """

    act: Callable[[Changeset, Client], "SlowWork | None"]
    writes: bool = True
    reads_world: bool = False
    is_quick: bool = False

    def must_wait(self, client: Client) -> bool:
        """Return whether it writes."""
        return self.writes


@dataclass(frozen=True, slots=True)
class SlowWork:
    """Work for the reader's thread, and how the engine continues with its result.

    `work` gets a session with a consistent snapshot of the database. The engine then calls `then` with the result, or
    `on_error` if the database could not be read.
    """

    work: Callable[[Session], Any]
    then: Callable[[Changeset, Client, Any], "SlowWork | None"]
    on_error: Callable[[Changeset, Client], None]
    writes: bool = True


def run_slow_work(task: SlowWork, session: Session) -> Callback:
    """Do the work and return the step that continues with its result."""
    try:
        result = task.work(session)
    except SQLAlchemyError as error:
        logger.error("Cannot read the database: %s", error)
        return Callback(task.on_error, writes=False)
    return Callback(lambda changeset, client: task.then(changeset, client, result), task.writes)


class SubmissionUnit:
    """Steps of one client, run in order. A reader waits until a unit is done before it submits the next."""

    __slots__ = ("_callback", "_done", "client", "is_done", "slow_work", "steps", "writes")

    def __init__(self, client: Client, steps: Sequence[Step]) -> None:
        self.client = client
        self.steps = list(steps)
        self.writes = any(step.writes for step in steps)  # whether it may emit events
        self.slow_work: SlowWork | None = None
        self.is_done = False  # whether the engine is done with the unit
        self._callback: Callable[[], None] | None = None
        self._done = Lock()
        self._done.acquire()

    @property
    def reads_world(self) -> bool:
        """Whether its replies depend on shared state."""
        return any(step.reads_world for step in self.steps)

    def add_done_callback(self, callback: Callable[[], None]) -> None:
        """Call `callback` once the unit is done, on this thread or the engine's, possibly on both."""
        self._callback = callback
        if self.is_done:
            callback()

    def wait(self) -> None:
        """Block until the engine is done with the unit."""
        self._done.acquire()

    def mark_done(self) -> None:
        """Release the reader. Raises: RuntimeError when it was done before."""
        self.is_done = True
        self._done.release()
        if self._callback is not None:
            self._callback()

    def make_continuation(self, callback: Callback) -> "SubmissionUnit":
        """Return a unit with the continuation of slow work, followed by the remaining steps."""
        return SubmissionUnit(self.client, [callback, *self.steps])
