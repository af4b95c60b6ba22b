"""Where a connection's lines are paid for and handed in to the engine, one unit after the other.

A unit is handed in when the one before is done, which is the back-pressure and keeps a client's lines in order.
That a connection is there is a step like others: it stands before the first that are handed in.
"""

from collections.abc import Callable, Sequence

from app.commands.runtime import Desk
from app.commands.sessions.connections import arrive
from app.engine.delivery.client import Client
from app.engine.engine import Engine
from app.engine.submission_unit import Step, Task, Turn, Unit
from app.net.receive.rate_limit import Bucket

LINES_A_TOKEN = 100  # so many lines of answers cost as much as one line of the client's


class Till:
    """One connection's. It is its reader's, and the intake's while the reader waits for that."""

    __slots__ = ("_arrival", "_bucket", "_client", "_desk", "_engine", "_paid", "_unit")

    def __init__(self, client: Client, engine: Engine, desk: Desk) -> None:
        self._client = client
        self._engine = engine
        self._desk = desk
        self._bucket = Bucket(desk.settings.flood_burst, desk.settings.flood_rate, desk.clock)
        self._paid = 0  # of the lines that the client was answered
        # What the engine is to be told before all else, until it is.
        self._arrival: list[Step] = [Turn(lambda batch, client: arrive(desk, batch, client), writes=False)]
        self._unit: Unit | None = None  # handed in, and perhaps not done yet

    @property
    def is_new(self) -> bool:
        """Whether the engine does not know of the connection yet."""
        return bool(self._arrival)

    def fit(self) -> None:
        """Charge by the settings that hold now."""
        self._bucket.fit(self._desk.settings.flood_burst, self._desk.settings.flood_rate)

    def charge(self, cost: int) -> float:
        """Take so many tokens, and return how many seconds to wait until they are really there."""
        return self._bucket.take(cost)

    def may_charge(self, cost: int) -> bool:
        """Take so many tokens, if they are there; otherwise take none."""
        return self._bucket.take_if_there(cost)

    def charge_for_answers(self) -> None:
        """Take tokens for what was answered; the next line waits if that was much."""
        tokens = (self._client.answered - self._paid) // LINES_A_TOKEN
        self._paid += tokens * LINES_A_TOKEN
        self._bucket.take(tokens)

    def hand_in(self, steps: Sequence[Step]) -> None:
        """Have the engine do these steps. What was handed in before has to be done."""
        if self._arrival:
            steps, self._arrival = [*self._arrival, *steps], []
        self._submit(Unit(self._client, steps))

    def settle(self, work: Callable[[Task], Turn]) -> None:
        """Wait until what was handed in is done, with all that follows from slow work, which `work` does."""
        while (unit := self._unit) is not None:
            unit.wait()
            self._unit = None
            if unit.task is not None:
                self._submit(unit.rest_after(work(unit.task)))
        self.charge_for_answers()

    @property
    def is_settled(self) -> bool:
        """Whether what was handed in is done."""
        return self._unit is None or self._unit.is_done

    def when_settled(self, follow: Callable[[], None]) -> None:
        """Call `follow` once what was handed in is done, from this thread or the engine's; perhaps from both."""
        if self._unit is not None:
            self._unit.when_done(follow)

    def _submit(self, unit: Unit) -> None:
        self._unit = unit
        self._engine.submit(unit)
