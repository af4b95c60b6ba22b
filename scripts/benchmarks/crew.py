"""The worker processes of a benchmark, as one."""

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
    """A process of a crew is no more."""


class Crew:
    """Some processes that hold the connections; every order goes to all of them at once."""

    def __init__(self, workers: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._board = Board(workers)
        # Of the nicks of a crowd: those of the crowd before are perhaps still in use.
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
                process.terminate()  # it may be in the middle of something long
            process.join(10)

    def _order(self, deed: str, *arguments: object) -> list[Any]:
        try:
            for line in self._lines:
                line.send((deed, arguments))
            return [line.recv() for line in self._lines]
        except (EOFError, OSError) as error:
            raise WorkerLost("A process of the measuring side has ended before its time.") from error

    def gather(self, crowd: Crowd, patience: float) -> Gathering:
        """Have everybody come."""
        self._board.clear()
        refusals: list[Counter[str]] = self._order("gather", crowd, next(self._prefixes), patience)
        said = sum(refusals, Counter()).most_common(1)
        came, lost = self._board.total(Count.READY), self._board.total(Count.LOST)
        return Gathering(came, lost, said[0][0] if said else "")

    def settle(self) -> None:
        """Wait until nothing is on its way any more."""
        self._order("settle", SETTLE_SECONDS)

    def talk(self, talk: Talk) -> list[Heard]:
        """Have everybody talk, and return what each process measured."""
        self._board.clear()
        return self._order("talk", talk)

    def lost(self) -> int:
        """Return how many connections ended that should not have."""
        return sum(self._order("lost"))

    def disperse(self) -> None:
        """Have everybody leave."""
        self._order("leave")
