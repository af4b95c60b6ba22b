"""The engine: one thread that decides everything, in order, and lets nobody see what is not stored.

A cycle takes every waiting unit. Units that only read are answered at once. For the others it opens the log,
catches up with what others appended, runs their steps one after the other, records the events, commits, and
only then delivers. While one batch commits, the next gathers.

When the storage fails, the cycle's batch is *stuck*: it is retried until it is stored. Meanwhile nothing of it
is shown, units that only read are still answered, and after a moment of grace new posts are refused with a
clear failure. Those that came before are kept for longer, and are refused only when that is over.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread

from app.clock import Clock, Timer
from app.engine.changeset import Changeset
from app.engine.delivery.client import Client
from app.engine.delivery.hub import Hub
from app.engine.delivery.plan import split_remote, without_events
from app.engine.delivery.sink import FlushScheduler
from app.engine.handler import CommandHandler
from app.engine.meter import Meter
from app.engine.outage import RETRY_SECONDS, Outage, RefusalScope
from app.engine.submission_unit import SlowWork, Step, SubmissionUnit
from app.engine.world.world import World
from app.errors import StorageError
from app.services.ledger import Ledger
from app.threads import name_thread

MAX_BATCH_STEPS = 10_000  # about so many steps make a batch full; what else waits is for the next one
LOG_POLL_SECONDS = 0.25  # how often the log is asked for what others appended
HOUSEKEEPING_SECONDS = 60.0  # how often it is seen to what time alone brings about
IDLE_CHECK_SECONDS = 5.0  # how often idle connections are looked at
INDEX_BATCH_IDLE = 256  # events that enter the index of texts together while nobody waits: a few milliseconds
INDEX_BATCH_BUSY = 4_096  # and while somebody always does: the more at once, the less each of them takes
INDEX_MERGE_SECONDS = 0.25  # how often a part of the index of texts is made tidy, if there is a reason

logger = logging.getLogger(__name__)


def _nothing() -> None:
    """Nobody wants to know."""


class Engine:
    """Runs cycles on a thread of its own; tests call `cycle` instead."""

    def __init__(self, world: World, ledger: Ledger, hub: Hub, handler: CommandHandler, clock: Clock) -> None:
        self.world = world
        self._ledger = ledger
        self._hub = hub
        self._handler = handler
        self._clock = clock
        self.meter = Meter()
        self.has_failed = False  # the thread ended because of a mistake in the program
        self._has_ended = False
        self._waiting: SimpleQueue[SubmissionUnit | None] = SimpleQueue()
        self._held: list[SubmissionUnit] = []
        self._current: list[
            SubmissionUnit
        ] = []  # taken, or being written, by this cycle: not all of them are done yet
        self._stuck: tuple[Changeset, list[SubmissionUnit]] | None = None
        self._outage = Outage(clock)
        self._news = Timer(clock, LOG_POLL_SECONDS)
        self.units_per_cycle = (
            0  # how many units were there at once the last time: few people wait for each other, or many
        )
        self._tick = Timer(clock, IDLE_CHECK_SECONDS)
        self._tidy = Timer(clock, INDEX_MERGE_SECONDS)
        self._chores = Timer(clock, HOUSEKEEPING_SECONDS)
        self._flush: Callable[[], None] = _nothing
        self._on_end: Callable[[], None] = _nothing
        self._thread = Thread(target=self._run, name="engine", daemon=True)

    def start(self, flushers: FlushScheduler, on_end: Callable[[], None]) -> None:
        """Begin to take units. `flushers` are woken after each delivery; `on_end` is called when the thread ends."""
        self._flush = flushers.wake
        self._on_end = on_end
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many units wait to be taken, or for the log."""
        return self._waiting.qsize() + len(self._held)

    @property
    def deliveries(self) -> int:
        """How many events were handed to connections so far."""
        return self._hub.deliveries

    def submit(self, unit: SubmissionUnit) -> None:
        """Hand a unit in, from any thread. Once the engine has ended, nothing is done with it any more."""
        self._waiting.put(unit)
        if self._has_ended:
            self._release_waiting()

    def _release_waiting(self) -> None:
        """Do nothing with units any more, also those that still come, but let their readers go on to their own ends."""
        units = [*self._current, *self._held, *(self._stuck[1] if self._stuck else ())]
        self._current, self._held, self._stuck = [], [], None
        with suppress(Empty):
            while True:
                unit = self._waiting.get_nowait()
                if unit is not None:
                    units.append(unit)
        for unit in units:
            with suppress(RuntimeError):  # it was done before the fault
                unit.done()

    def stop(self, patience: float) -> bool:
        """Finish what is waiting, take leave of everybody and end. Returns whether it did so in `patience` seconds."""
        self._waiting.put(None)
        self._thread.join(patience)
        return not self._thread.is_alive()

    def _run(self) -> None:
        name_thread("engine")
        try:
            going = True
            while going:
                self._current, going = self._gather()
                self.units_per_cycle = len(self._current)
                self.cycle(self._current)
            self._shut_down()
        except Exception:
            self.has_failed = True
            logger.exception("The engine failed. The server stops: nothing may be shown that is not stored.")
        finally:
            self._has_ended = True
            self._release_waiting()
            self._on_end()

    def _gather(self) -> tuple[list[SubmissionUnit], bool]:
        """Take every waiting unit, or none when it is time for something else. False when it is time to stop."""
        units: list[SubmissionUnit] = []
        steps = 0
        try:
            unit = self._waiting.get(timeout=RETRY_SECONDS if self._outage.is_on else LOG_POLL_SECONDS)
            while unit is not None:
                units.append(unit)
                steps += len(unit.steps)
                if steps >= MAX_BATCH_STEPS:
                    return units, True
                unit = self._waiting.get_nowait()
        except Empty:
            return units, True
        return units, False

    def cycle(self, units: Iterable[SubmissionUnit]) -> None:
        """Do everything that can be done now with these units and those held back."""
        reading, writing, behind = self._divided(units)
        self._held += writing
        self._read(reading)
        if self._tick.take():
            self._check_idle()
        if self._stuck is not None:
            self._retry(*self._stuck)
        if self._stuck is None and self._may_open():
            self._write()
        newcomers = writing + self._answer(behind)
        if self._outage.is_on:
            self._refuse_late(newcomers)
        else:
            self._extend_index()

    def _divided(
        self, units: Iterable[SubmissionUnit]
    ) -> tuple[list[SubmissionUnit], list[SubmissionUnit], list[SubmissionUnit]]:
        """Divide units into those that only read, those that write, and those that read and came behind one of them.

        Whoever asks after somebody spoke is answered after that was heard, whichever connections they are; but
        while the storage fails, nobody who only reads waits for it.
        """
        reading: list[SubmissionUnit] = []
        writing: list[SubmissionUnit] = []
        behind: list[SubmissionUnit] = []
        for unit in units:
            if self._must_hold(unit):
                writing.append(unit)
            else:
                (behind if writing and not self._outage.is_on else reading).append(unit)
        return reading, writing, behind

    def _answer(self, behind: Sequence[SubmissionUnit]) -> list[SubmissionUnit]:
        """Answer units that came behind one that writes; hold, and return, those that must be held by now."""
        reading: list[SubmissionUnit] = []
        late: list[SubmissionUnit] = []
        for unit in behind:
            (late if self._must_hold(unit) else reading).append(unit)
        self._held += late
        self._read(reading)
        return late

    def _must_hold(self, unit: SubmissionUnit) -> bool:
        """Whether the unit needs the log, or a world in which everything is stored."""
        return unit.writes or (self._stuck is not None and unit.reads_world)

    def _read(self, units: Sequence[SubmissionUnit]) -> None:
        """Answer units that write nothing; no transaction, no waiting for the disk."""
        if not units:
            return
        changeset = Changeset(self.world, writable=False)
        for unit in units:
            self._do(changeset, unit)
        self._deliver(changeset, units)

    def _check_idle(self) -> None:
        changeset = Changeset(self.world, writable=False)
        self._handler.check_idle(changeset)
        self._deliver(changeset, [])

    def _write(self) -> None:
        """Run the held units in a transaction, store what they decided, then deliver it."""
        try:
            news = self._ledger.open()
        except StorageError as error:
            self._outage.note(error)
            return
        units, self._held = self._held, []
        self._current = [*self._current, *units]
        changeset = Changeset(self.world, writable=True)
        for event in news:
            self._handler.apply_remote(changeset, event)
        if self._chores.take():
            self._handler.run_housekeeping(changeset)
        for unit in units:
            self._do(changeset, unit)
        self._store(changeset, units)

    def _do(self, changeset: Changeset, unit: SubmissionUnit) -> None:
        """Do the steps of a unit, up to one that needs slow work by the reader."""
        steps, unit.steps = unit.steps, []
        for number, step in enumerate(steps, 1):
            unit.task = self._step(changeset, unit.client, step)
            if unit.task is not None:
                unit.steps = steps[number:]
                return

    def _step(self, changeset: Changeset, client: Client, step: Step) -> SlowWork | None:
        try:
            return self._handler.run(changeset, client, step)
        except Exception:
            logger.exception("A command failed; its client is disconnected.")
            changeset.close(
                client, "ERROR :The server made a mistake with your last command; it is in its log"
            )
            return None

    def _store(self, changeset: Changeset, units: list[SubmissionUnit]) -> None:
        """Commit the batch, then deliver it; or keep it for another attempt."""
        begin = self._clock.monotonic()
        try:
            refused = self._ledger.commit(changeset.events)
        except StorageError as error:
            self._stuck = (changeset, units)
            self.meter.failures += 1
            self._outage.note(error)
            return
        self.meter.commits.note(self._clock.monotonic() - begin)
        self.meter.batches.note(len(changeset.events))
        self._stuck = None
        if refused:
            changeset.plan = without_events(
                changeset.plan, {id(event): self._handler.revert(event) for event in refused}
            )
        self._outage.end()
        self._deliver(changeset, units)

    def _retry(self, changeset: Changeset, units: list[SubmissionUnit]) -> None:
        """Try to store the stuck batch; what others appended meanwhile stands before it."""
        if not self._outage.may_retry:
            return
        try:
            news = self._ledger.open()
        except StorageError as error:
            self._outage.note(error)
            return
        remote = Changeset(self.world, writable=True)
        for event in news:
            self._handler.apply_remote(remote, event)
        theirs, follows = split_remote(remote.plan, news)
        changeset.events += remote.events
        changeset.plan = [*theirs, *changeset.plan, *follows]
        self._store(changeset, units)

    def _deliver(self, changeset: Changeset, units: Sequence[SubmissionUnit]) -> None:
        self._hub.deliver(changeset.plan)
        self._flush()
        for unit in units:
            unit.done()

    def _extend_index(self) -> None:
        """Go on with the index of texts, behind all that people wait for; there is always another time."""
        try:
            self._ledger.extend_index(INDEX_BATCH_IDLE if self._waiting.empty() else INDEX_BATCH_BUSY)
        except StorageError as error:
            logger.warning("What was said is not in the index for searches yet, which fails: %s", error)
        if self._tidy.take():
            with suppress(StorageError):
                self._ledger.tidy()

    def _may_open(self) -> bool:
        """Whether there is a reason to open the log, and no failure so fresh that it makes no sense."""
        if not self._outage.may_retry:
            return False
        if self._held or self._chores.is_over():
            return True
        return self._news.take() and self._ledger.has_news()

    def _refuse_late(self, newcomers: Sequence[SubmissionUnit]) -> None:
        """Refuse what cannot wait until the storage works again; the newcomers are what came with this cycle."""
        refused = self._outage.refused
        if refused is RefusalScope.ALL:
            self._refuse(self._held)
        elif refused is RefusalScope.NEWCOMERS:
            held = set(self._held)
            self._refuse([unit for unit in newcomers if unit in held])

    def _refuse(self, units: Sequence[SubmissionUnit]) -> None:
        """Answer held units with a failure, as far as they can be refused at all."""
        refused = set(units)
        self._held = [unit for unit in self._held if unit not in refused]
        for unit in units:
            changeset = Changeset(self.world, writable=False, may_show_world=self._stuck is None)
            while unit.steps and unit.task is None and not unit.steps[0].must_wait(unit.client):
                unit.task = self._step(changeset, unit.client, unit.steps.pop(0))
            waits = unit.steps and unit.task is None
            self._deliver(changeset, [] if waits else [unit])
            if waits:
                self._held.append(unit)

    def _shut_down(self) -> None:
        """Store and deliver the last events: everybody is told and leaves."""
        if self._stuck is not None:
            self._outage.hurry()
            self._retry(*self._stuck)
        changeset = Changeset(self.world, writable=True)
        self._handler.shut_down(changeset)
        try:
            self._store_last(changeset)
        except StorageError as error:
            logger.error("The last events could not be stored: %s", error)
        self._deliver(changeset, [])
        self._ledger.close()

    def _store_last(self, changeset: Changeset) -> None:
        """Store that everybody leaves, if what they did before is stored.

        Raises: StorageError.
        """
        if self._stuck is not None:
            raise StorageError("nor could those before them")
        self._ledger.open()
        self._ledger.commit(changeset.events)
