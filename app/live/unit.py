"""What a connection's reader hands to the engine, and waits for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from sqlalchemy.orm import Session

from app.live.batch import Batch
from app.live.client import Client
from app.wire.framing import Frame, Oversized, Undecodable
from app.wire.line import Line, parse


@dataclass(frozen=True, slots=True)
class Turn:
    """A step that is not a line from the client: something to do on the engine's thread.

    A `lasting` step may not be refused: if nothing can be stored now, it waits.
    """

    act: Callable[[Batch, Client], "Task | None"]
    writes: bool = True


@dataclass(frozen=True, slots=True)
class Task:
    """Slow work for the reader's own thread, and what the engine does with its result.

    `work` gets a session that reads one state of the database.
    """

    work: Callable[[Session], Any]
    then: Callable[[Batch, Client, Any], "Task | None"]
    writes: bool = True


Step = Line | Oversized | Undecodable | Turn


def step_of(frame: Frame) -> Step:
    """Return the step that a received line is; one without a command counts as an unknown command."""
    if not isinstance(frame, str):
        return frame
    try:
        return parse(frame)
    except ValueError:
        return Line("*")


class Unit:
    """Steps of one client, done in order. The reader waits until the unit is done before it hands in another."""

    __slots__ = ("_done", "client", "steps", "task")

    def __init__(self, client: Client, steps: Sequence[Step]) -> None:
        self.client = client
        self.steps = list(steps)
        self.task: Task | None = None
        self._done = Lock()
        self._done.acquire()

    def wait(self) -> None:
        """Block until the engine is done with the unit."""
        self._done.acquire()

    def done(self) -> None:
        """Let the reader go on."""
        self._done.release()

    def rest_after(self, task: Task, result: object) -> "Unit":
        """Return the unit that goes on where a task interrupted this one."""
        follow = Turn(lambda batch, client: task.then(batch, client, result), task.writes)
        return Unit(self.client, [follow, *self.steps])
