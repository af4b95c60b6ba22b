"""The units of work that readers submit to the engine."""

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
    """One action on the engine's thread, with the properties that determine its scheduling."""

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
        """Whether it is held while the database is unavailable, instead of being run or refused."""


@dataclass(frozen=True, slots=True)
class Callback:
    """A step that calls a function instead of running a command of the client.

    If it writes, it is held while the database is unavailable; it is never refused.
    """

    act: Callable[[Changeset, Client], "SlowWork | None"]
    writes: bool = True
    reads_world: bool = False
    is_quick: bool = False

    def must_wait(self, client: Client) -> bool:
        """Whether this step must be held while the database is unavailable."""
        return self.writes


@dataclass(frozen=True, slots=True)
class SlowWork:
    """Work for the reader's thread, and the continuation that runs on the engine's thread.

    `work` receives a session with a consistent snapshot of the database. The engine then calls
    `then` with its result, or `on_error` if the database cannot be read.
    """

    work: Callable[[Session], Any]
    then: Callable[[Changeset, Client, Any], "SlowWork | None"]
    on_error: Callable[[Changeset, Client], None]
    writes: bool = True


def run_slow_work(slow_work: SlowWork, session: Session) -> Callback:
    """Run the work; return the step that continues with its result or reports the error."""
    try:
        result = slow_work.work(session)
    except SQLAlchemyError as error:
        logger.error("Cannot read the database: %s", error)
        return Callback(slow_work.on_error, writes=False)
    return Callback(lambda changeset, client: slow_work.then(changeset, client, result), slow_work.writes)


class SubmissionUnit:
    """Steps of one client, run in order. A reader has at most one unit submitted at a time."""

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
        """Whether any of its replies depend on shared state."""
        return any(step.reads_world for step in self.steps)

    def add_done_callback(self, callback: Callable[[], None]) -> None:
        """Call `callback` when the unit is done: on this thread, the engine's thread, or both."""
        self._callback = callback
        if self.is_done:
            callback()

    def wait(self) -> None:
        """Block until the engine has finished the unit."""
        self._done.acquire()

    def mark_done(self) -> None:
        """Release the waiting reader and call its callback.

        Raises: RuntimeError if the unit was done already.
        """
        self.is_done = True
        self._done.release()
        if self._callback is not None:
            self._callback()

    def make_continuation(self, callback: Callback) -> "SubmissionUnit":
        """Return a unit with the continuation of slow work and the remaining steps."""
        return SubmissionUnit(self.client, [callback, *self.steps])
