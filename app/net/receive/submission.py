"""Where a connection's lines are paid for and handed in to the engine, one unit after the other.

A unit is handed in when the one before is done, which is the back-pressure and keeps a client's lines in order.
That a connection is there is a step like others: it stands before the first that are handed in.
"""

from collections.abc import Callable, Sequence

from app.commands.runtime import Runtime
from app.commands.sessions.connections import accept_client
from app.engine.delivery.client import Client
from app.engine.engine import Engine
from app.engine.submission_unit import Callback, SlowWork, Step, SubmissionUnit
from app.net.receive.rate_limit import TokenBucket

REPLY_LINES_PER_TOKEN = 100  # so many lines of answers cost as much as one line of the client's


class Submitter:
    """One connection's. It is its reader's, and the intake's while the reader waits for that."""

    __slots__ = ("_arrival", "_bucket", "_client", "_engine", "_paid", "_runtime", "_unit")

    def __init__(self, client: Client, engine: Engine, runtime: Runtime) -> None:
        self._client = client
        self._engine = engine
        self._runtime = runtime
        self._bucket = TokenBucket(runtime.settings.flood_burst, runtime.settings.flood_rate, runtime.clock)
        self._paid = 0  # of the lines that the client was answered
        # What the engine is to be told before all else, until it is.
        self._arrival: list[Step] = [
            Callback(lambda batch, client: accept_client(runtime, batch, client), writes=False)
        ]
        self._unit: SubmissionUnit | None = None  # handed in, and perhaps not done yet

    @property
    def is_unannounced(self) -> bool:
        """Whether the engine does not know of the connection yet."""
        return bool(self._arrival)

    def refresh_limits(self) -> None:
        """Charge by the settings that hold now."""
        self._bucket.refresh_limits(self._runtime.settings.flood_burst, self._runtime.settings.flood_rate)

    def charge(self, cost: int) -> float:
        """Take so many tokens, and return how many seconds to wait until they are really there."""
        return self._bucket.take(cost)

    def try_charge(self, cost: int) -> bool:
        """Take so many tokens, if they are there; otherwise take none."""
        return self._bucket.try_take(cost)

    def charge_for_replies(self) -> None:
        """Take tokens for what was answered; the next line waits if that was much."""
        tokens = (self._client.answered - self._paid) // REPLY_LINES_PER_TOKEN
        self._paid += tokens * REPLY_LINES_PER_TOKEN
        self._bucket.take(tokens)

    def submit(self, steps: Sequence[Step]) -> None:
        """Have the engine do these steps. What was handed in before has to be done."""
        if self._arrival:
            steps, self._arrival = [*self._arrival, *steps], []
        self._submit(SubmissionUnit(self._client, steps))

    def wait_until_done(self, work: Callable[[SlowWork], Callback]) -> None:
        """Wait until what was handed in is done, with all that follows from slow work, which `work` does."""
        while (unit := self._unit) is not None:
            unit.wait()
            self._unit = None
            if unit.task is not None:
                self._submit(unit.rest_after(work(unit.task)))
        self.charge_for_replies()

    @property
    def is_done(self) -> bool:
        """Whether what was handed in is done."""
        return self._unit is None or self._unit.is_done

    def when_done(self, follow: Callable[[], None]) -> None:
        """Call `follow` once what was handed in is done, from this thread or the engine's; perhaps from both."""
        if self._unit is not None:
            self._unit.when_done(follow)

    def _submit(self, unit: SubmissionUnit) -> None:
        self._unit = unit
        self._engine.submit(unit)
