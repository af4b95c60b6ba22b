"""A user's connection to a node, and the thread that reads from it."""

from collections.abc import Callable, Mapping, Sequence

from app.commands.requests import parse_request
from app.commands.runtime import Runtime
from app.commands.sessions.leaving import detach_client
from app.db.database import Database
from app.engine.delivery.client import Client
from app.engine.submission_unit import Callback, Step, SubmissionUnit, run_slow_work
from app.wire.framing import Framer
from app.wire.line import Line, parse
from tests.engine.harness import RecordingSink
from tests.engine.simulation.reference import ShownLine

CAPABILITIES = "CAP REQ :message-tags server-time echo-message"


class SimulatedClient:
    """A connection whose reader submits one unit at a time, as the server's readers do."""

    def __init__(self, runtime: Runtime, database: Database, nick: str, account: str | None) -> None:
        self._runtime = runtime
        self._database = database
        self._framer = Framer()
        self._sink = RecordingSink()
        self._unit: SubmissionUnit | None = None
        self._has_hung_up = False
        self.client = Client(self._sink, "192.0.2.1", False, runtime.clock.monotonic())
        self.session: int | None = None  # once it is registered
        self.nick = nick  # at first
        self.told_before: Mapping[int, int] = {}  # events of each session before this device was admitted
        self.told_after: int | None = None  # events of its session after it was admitted
        self.is_first_device = False  # the session began with it, so it receives everything from then on
        self.shown: list[ShownLine] = []  # what was received that stands for events of users
        self.typing: set[str] = set()  # the typing notifications that were received
        self.last_line: Line | None = None
        self._first: int | None = None  # the index of the first of the events
        self._waiting: list[Step] = [Callback(lambda changeset, client: self._enter(account), writes=False)]
        for line in (CAPABILITIES, f"NICK {nick}", f"USER {nick} 0 * :{nick}", "CAP END"):
            self.send(line)

    def _enter(self, account: str | None) -> None:
        """Add the connection, and log it in as SASL does."""
        self._runtime.world.add_connection(self.client)
        self.client.account = account

    def send(self, line: str) -> None:
        """Send a line; the reader submits it once the unit before it is done."""
        if not self._has_hung_up:
            frames = self._framer.feed(f"{line}\r\n".encode())
            self._waiting += (parse_request(self._runtime.commands, frame) for frame in frames)

    def hang_up(self) -> None:
        """Close the connection."""
        if not self._has_hung_up:
            self._has_hung_up = True
            self._waiting.append(Callback(self._detach()))

    def _detach(self) -> Callable[[object, Client], None]:
        return lambda changeset, client: detach_client(
            self._runtime,
            changeset,
            client,
            "Connection closed",  # type: ignore[arg-type]
        )

    @property
    def is_open(self) -> bool:
        """Whether neither side has closed the connection."""
        return not (self._has_hung_up or self._sink.is_finished)

    @property
    def is_waiting(self) -> bool:
        """Whether something was sent that is not done."""
        return bool(self._waiting) or (
            self._unit is not None and (not self._unit.is_done or self._unit.slow_work is not None)
        )

    @property
    def is_blocked(self) -> bool:
        """Whether the reader waits for the engine."""
        return self._unit is not None and not self._unit.is_done

    def submit(self) -> SubmissionUnit | None:
        """Return the next unit, unless one is in progress or nothing was sent."""
        if self.is_blocked:
            return None
        if self._unit is not None and self._unit.slow_work is not None:
            with self._database.reading() as session:
                self._unit = self._unit.make_continuation(run_slow_work(self._unit.slow_work, session))
            return self._unit
        steps, self._waiting = self._waiting, []
        self._unit = SubmissionUnit(self.client, steps) if steps else None
        return self._unit

    def find_next(self, shown: ShownLine, expected: Sequence[ShownLine]) -> int:
        """Return the index of the event that has to come next, when `shown` has come."""
        if self._first is None:
            self._first = 0 if self.is_first_device else self._find_first(shown, expected)
        return self._first + len(self.shown)

    def _find_first(self, shown: ShownLine, expected: Sequence[ShownLine]) -> int:
        """Return the index of the first event: one that came around the admission of the device."""
        earliest = min(self.told_before.get(self.session or 0, 0), len(expected))
        latest = len(expected) if self.told_after is None else min(self.told_after, len(expected))
        candidates = (i for i in range(earliest, latest + 1) if expected[i : i + 1] == [shown])
        return next(candidates, latest)

    def has_seen_only(self, expected: Sequence[ShownLine]) -> bool:
        """Whether everything that was received is part of what is expected."""
        first = self._first or 0
        return self.shown == list(expected[first : first + len(self.shown)])

    def find_missing(self, expected: Sequence[ShownLine]) -> Sequence[ShownLine]:
        """Return the events that have not come yet."""
        if self._first is None:
            return expected[0 if self.is_first_device else self.told_after or 0 :]
        return expected[self._first + len(self.shown) :]

    def receive(self) -> list[Line]:
        """Return what has arrived; hang up if the server has closed the connection."""
        self.session = self.session or self.client.session
        if self._sink.is_finished:
            self.hang_up()
        if not self._sink.data:
            return []
        data, self._sink.data = self._sink.data, b""
        news = [parse(line) for line in data.decode().split("\r\n") if line]
        self.last_line = news[-1]
        return news
