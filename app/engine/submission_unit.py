"""What a connection's reader hands to the engine, and waits for."""

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
    """What the engine knows of a step before it is done."""

    @property
    def writes(self) -> bool:
        """Whether it may emit events."""

    @property
    def reads_world(self) -> bool:
        """Whether its answer depends on what people change."""

    @property
    def is_quick(self) -> bool:
        """Whether it never asks for slow work, so that its client's thread need not wait for it."""

    def must_wait(self, client: Client) -> bool:
        """Whether it can be neither done nor refused while nothing can be stored."""


@dataclass(frozen=True, slots=True)
class Callback:
    """A step that is nothing that the client sent: something to do on the engine's thread.

    One that `writes` is never refused: if nothing can be stored now, it waits.
    """

    act: Callable[[Changeset, Client], "SlowWork | None"]
    writes: bool = True
    reads_world: bool = False
    is_quick: bool = False

    def must_wait(self, client: Client) -> bool:
        """Whether it writes."""
        return self.writes


@dataclass(frozen=True, slots=True)
class SlowWork:
    """Slow work for the reader's own thread, and what the engine does with its result.

    `work` gets a session that reads one state of the database. If it cannot be read, the engine does `failed`
    instead of `then`.
    """

    work: Callable[[Session], Any]
    then: Callable[[Changeset, Client, Any], "SlowWork | None"]
    failed: Callable[[Changeset, Client], None]
    writes: bool = True


def run_slow_work(task: SlowWork, session: Session) -> Callback:
    """Do a task's work and return what follows from it."""
    try:
        result = task.work(session)
    except SQLAlchemyError as error:
        logger.error("The storage cannot be read: %s", error)
        return Callback(task.failed, writes=False)
    return Callback(lambda changeset, client: task.then(changeset, client, result), task.writes)


class SubmissionUnit:
    """Steps of one client, done in order. The reader waits until the unit is done before it hands in another."""

    __slots__ = ("_done", "_follow", "client", "steps", "task", "writes")

    def __init__(self, client: Client, steps: Sequence[Step]) -> None:
        self.client = client
        self.steps = list(steps)
        self.writes = any(step.writes for step in steps)  # whether it may emit events
        self.task: SlowWork | None = None
        self._follow: Callable[[], None] | None = None
        self._done = Lock()
        self._done.acquire()

    @property
    def reads_world(self) -> bool:
        """Whether its answers depend on what people change."""
        return any(step.reads_world for step in self.steps)

    @property
    def is_done(self) -> bool:
        """Whether the engine is done with the unit, and nobody waited for that."""
        return not self._done.locked()

    def when_done(self, follow: Callable[[], None]) -> None:
        """Call `follow` once the engine is done with the unit, from this thread or the engine's; perhaps from both."""
        self._follow = follow
        if self.is_done:
            follow()

    def wait(self) -> None:
        """Block until the engine is done with the unit."""
        self._done.acquire()

    def done(self) -> None:
        """Let the reader go on."""
        self._done.release()
        if self._follow is not None:
            self._follow()

    def rest_after(self, turn: Callback) -> "SubmissionUnit":
        """Return the unit that goes on where a task interrupted this one, beginning with what follows from it."""
        return SubmissionUnit(self.client, [turn, *self.steps])
