"""The worker processes of a benchmark, driven together."""

import multiprocessing
from collections import Counter
from itertools import cycle
from string import ascii_lowercase
from types import TracebackType
from typing import Any

from scripts.benchmarks.board import Board, Count
from scripts.benchmarks.plan import Crowd, Gathering, Heard, Talk
from scripts.benchmarks.worker import work

SETTLE_SECONDS = 0.7


class WorkerLost(Exception):
    """A worker process ended unexpectedly."""


class Crew:
    """Worker processes that share the connections; every command goes to all of them."""

    def __init__(self, workers: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._board = Board(workers)
        # Nick prefixes, alternating because the nicks of the previous run may still be in use.
        self._prefixes = cycle(ascii_lowercase)
        self._lines = []
        self._processes = []
        for number in range(workers):
            ours, theirs = context.Pipe()
            process = context.Process(target=work, args=(number, workers, self._board, theirs), daemon=True)
            process.start()
            theirs.close()
            self._lines.append(ours)
            self._processes.append(process)

    def __enter__(self) -> "Crew":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for line in self._lines:
            line.close()
        for process in self._processes:
            if error is not None:
                process.terminate()  # it may be busy for long
            process.join(10)

    def _order(self, method: str, *arguments: object) -> list[Any]:
        try:
            for line in self._lines:
                line.send((method, arguments))
            return [line.recv() for line in self._lines]
        except (EOFError, OSError) as error:
            raise WorkerLost("A load-generating process ended unexpectedly.") from error

    def gather(self, crowd: Crowd, timeout: float) -> Gathering:
        """Connect everyone."""
        self._board.clear()
        refusals: list[Counter[str]] = self._order("gather", crowd, next(self._prefixes), timeout)
        common = sum(refusals, Counter()).most_common(1)
        came, lost = self._board.total(Count.READY), self._board.total(Count.LOST)
        return Gathering(came, lost, common[0][0] if common else "")

    def settle(self) -> None:
        """Wait until nothing is in flight."""
        self._order("settle", SETTLE_SECONDS)

    def talk(self, talk: Talk) -> list[Heard]:
        """Generate traffic and return the measurements of each process."""
        self._board.clear()
        return self._order("talk", talk)

    def lost(self) -> int:
        """Return the number of connections that ended unexpectedly."""
        return sum(self._order("lost"))

    def disperse(self) -> None:
        """Disconnect everyone."""
        self._order("leave")
