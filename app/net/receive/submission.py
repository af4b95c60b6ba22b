"""Submission of received lines: parse, charge, and submit one unit at a time.

The reader and the receive loop share this code, so a line is treated the same whichever thread
received it. A unit is submitted only after the previous one is done, which provides back-pressure
and keeps a client's lines in order. The arrival of the connection is a step as well: it precedes
the first steps that are submitted.
"""

from collections.abc import Callable, Sequence
from itertools import islice

from app.clock import Clock
from app.commands.requests import CommandRequest, MalformedLine, parse_request
from app.commands.runtime import Runtime
from app.commands.sessions.connections import accept_client
from app.engine.delivery.client import Client
from app.engine.engine import Engine
from app.engine.submission_unit import Callback, SlowWork, Step, SubmissionUnit
from app.wire.framing import Frame, Framer

MAX_UNIT_STEPS = 256  # so that a client without a flood limit cannot fill a batch with one read
REPLY_LINES_PER_TOKEN = 100  # reply lines that cost as much as one line from the client
ReceivedStep = CommandRequest | MalformedLine


class TokenBucket:
    """The flood limit: at most `burst` tokens, refilled at `rate` per second; 0 disables it."""

    __slots__ = ("_burst", "_clock", "_rate", "_tokens", "_updated")

    def __init__(self, burst: int, rate: int, clock: Clock) -> None:
        self._burst = burst
        self._rate = rate
        self._clock = clock
        self._tokens = float(burst)
        self._updated = clock.monotonic()

    def configure(self, burst: int, rate: int) -> None:
        """Change the limits; the current tokens are kept."""
        self._burst, self._rate = burst, rate

    def take(self, cost: int) -> float:
        """Take tokens, and return the seconds until the balance is no longer negative.

        A negative cost is a refund.
        """
        if self._rate == 0:
            return 0.0
        now = self._clock.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._updated) * self._rate) - cost
        self._updated = now
        return max(0.0, -self._tokens / self._rate)

    def try_take(self, cost: int) -> bool:
        """Take tokens only if there are enough; return whether there were."""
        if self.take(cost) == 0:
            return True
        self._tokens += cost
        return False


class Submitter:
    """The submission state of a connection, owned by its reader or the receive loop."""

    __slots__ = (
        "_arrival",
        "_bucket",
        "_charged_replies",
        "_client",
        "_engine",
        "_runtime",
        "_settings",
        "_unit",
        "framer",
    )

    def __init__(self, client: Client, engine: Engine, runtime: Runtime) -> None:
        self.framer = Framer()
        self._client = client
        self._engine = engine
        self._runtime = runtime
        self._settings = settings = runtime.settings
        self._bucket = TokenBucket(settings.flood_burst, settings.flood_rate, runtime.clock)
        self._charged_replies = 0  # reply lines that were charged for
        self._arrival: list[Step] = [  # emptied by the first submission
            Callback(lambda changeset, client: accept_client(runtime, changeset, client), writes=False)
        ]
        self._unit: SubmissionUnit | None = None  # submitted, and possibly not done yet

    @property
    def is_unannounced(self) -> bool:
        """Whether the engine does not know of the connection yet."""
        return bool(self._arrival)

    def admit(self, frames: Sequence[Frame], start: int = 0) -> tuple[list[ReceivedStep], float]:
        """Parse and charge for lines from `start` on; return their steps and a delay in seconds.

        The first line is always admitted; the delay is the time until it is paid for. The lines
        after it are admitted while there are tokens left. An expensive line is the last one,
        because its replies have to be charged for before the next line. At most MAX_UNIT_STEPS
        lines are admitted at once.
        """
        self._apply_settings()
        commands = self._runtime.commands
        step = parse_request(commands, frames[start])
        cost = step.cost
        delay = self._bucket.take(cost)
        steps: list[ReceivedStep] = [step]
        if delay == 0:
            for frame in islice(frames, start + 1, start + MAX_UNIT_STEPS):
                if cost > 1:
                    break
                step = parse_request(commands, frame)
                cost = step.cost
                if not self._bucket.try_take(cost):
                    break
                steps.append(step)
        return steps, delay

    def charge(self, tokens: int) -> float:
        """Take tokens (or refund, if negative); return the seconds until the balance recovers."""
        self._apply_settings()
        return self._bucket.take(tokens)

    def charge_for_replies(self) -> None:
        """Take tokens for the replies since the last charge, so that large queries cost more."""
        tokens = (self._client.reply_lines - self._charged_replies) // REPLY_LINES_PER_TOKEN
        if tokens:
            self._charged_replies += tokens * REPLY_LINES_PER_TOKEN
            self._bucket.take(tokens)

    def _apply_settings(self) -> None:
        settings = self._runtime.settings
        if settings is not self._settings:
            self._settings = settings
            self._bucket.configure(settings.flood_burst, settings.flood_rate)

    def submit(self, steps: Sequence[Step]) -> None:
        """Submit steps to the engine. The previous unit must be done."""
        if self._arrival:
            steps, self._arrival = [*self._arrival, *steps], []
        self._unit = unit = SubmissionUnit(self._client, steps)
        self._engine.submit(unit)

    def wait_until_done(self, run: Callable[[SlowWork], Callback]) -> None:
        """Wait until the submitted unit is done; `run` executes its slow work on this thread."""
        while (unit := self._unit) is not None:
            unit.wait()
            self._unit = None
            if unit.slow_work is not None:
                self._unit = continuation = unit.make_continuation(run(unit.slow_work))
                self._engine.submit(continuation)
        self.charge_for_replies()

    @property
    def is_done(self) -> bool:
        """Whether the submitted unit is done; true if none was submitted."""
        return self._unit is None or self._unit.is_done

    def add_done_callback(self, callback: Callable[[], None]) -> None:
        """Call `callback` when the unit is done: on this thread, the engine's thread, or both."""
        if self._unit is not None:
            self._unit.add_done_callback(callback)
