"""The pool of load-generating processes of a benchmark."""

import multiprocessing
from collections import Counter
from itertools import cycle
from string import ascii_lowercase
from types import TracebackType
from typing import Any

from scripts.benchmarks.counters import SharedCount, SharedCounters
from scripts.benchmarks.plans import ConnectionPlan, ConnectResult, TrafficPlan, TrafficResult
from scripts.benchmarks.worker import run_worker

DRAIN_SECONDS = 0.7


class WorkerLost(Exception):
    """A worker process ended unexpectedly."""


class WorkerPool:
    """Worker processes that share the connections; every command goes to all of them."""

    def __init__(self, workers: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._counters = SharedCounters(workers)
        # Nick prefixes, alternating because the nicks of the previous run may still be in use.
        self._prefixes = cycle(ascii_lowercase)
        self._pipes = []
        self._processes = []
        for number in range(workers):
            parent_end, worker_end = context.Pipe()
            process = context.Process(
                target=run_worker, args=(number, workers, self._counters, worker_end), daemon=True
            )
            process.start()
            worker_end.close()
            self._pipes.append(parent_end)
            self._processes.append(process)

    def __enter__(self) -> "WorkerPool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pipe in self._pipes:
            pipe.close()
        for process in self._processes:
            if error is not None:
                process.terminate()  # it may still be generating traffic
            process.join(10)

    def _call(self, method: str, *arguments: object) -> list[Any]:
        try:
            for pipe in self._pipes:
                pipe.send((method, arguments))
            return [pipe.recv() for pipe in self._pipes]
        except (EOFError, OSError) as error:
            raise WorkerLost("A load-generating process ended unexpectedly.") from error

    def connect_all(self, plan: ConnectionPlan, timeout: float) -> ConnectResult:
        """Connect all users of a scenario and return how many succeeded and failed."""
        self._counters.clear()
        refusals: list[Counter[str]] = self._call("connect_all", plan, next(self._prefixes), timeout)
        common = sum(refusals, Counter()).most_common(1)
        ready, lost = self._counters.total(SharedCount.READY), self._counters.total(SharedCount.LOST)
        return ConnectResult(ready, lost, common[0][0] if common else "")

    def drain(self) -> None:
        """Receive data still in flight; from then on, the non-readers do not read."""
        self._call("drain", DRAIN_SECONDS)

    def run_traffic(self, traffic: TrafficPlan) -> list[TrafficResult]:
        """Generate traffic and return the measurements of each worker."""
        self._counters.clear()
        return self._call("run_traffic", traffic)

    def count_lost(self) -> int:
        """Return the number of connections that ended unexpectedly."""
        return sum(self._call("count_lost"))

    def disconnect_all(self) -> None:
        """Disconnect all users."""
        self._call("disconnect_all")
