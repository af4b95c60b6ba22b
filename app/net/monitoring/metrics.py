"""The server's measurements in the Prometheus text format.

Metrics are collected on request only, from the objects that keep them.
"""

from collections.abc import Iterator, Mapping
from math import inf

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from app.engine.engine import Engine
from app.engine.monitoring.meter import Histogram
from app.errors import LeaseExpired, LogConflict, LogReplaced
from app.net.monitoring.health import Health
from app.net.send.flusher_pool import FlusherPool


class ServerCollector(Collector):
    """Collects the metrics of a running server; they are not an atomic snapshot."""

    def __init__(
        self,
        engine: Engine,
        flushers: FlusherPool,
        health: Health,
        version: str,
        restarts: Mapping[str, int],
    ) -> None:
        self._engine = engine
        self._flushers = flushers
        self._health = health
        self._version = version
        self._restarts = restarts  # by reason

    def collect(self) -> Iterator[Metric]:
        """Yield every metric with its current value."""
        yield InfoMetricFamily("chat_build", "The version of the server.", value={"version": self._version})
        yield from self._gauges()
        yield from self._health_gauges()
        yield from self._counters()
        meter = self._engine.meter
        yield _histogram("chat_batch_events", "Events per committed batch.", meter.batches)
        yield _histogram("chat_commit_seconds", "Duration of a commit.", meter.commits)
        yield _histogram(
            "chat_log_open_seconds", "Wait for the lock of the log and for what others appended.", meter.opens
        )

    def _gauges(self) -> Iterator[Metric]:
        world = self._engine.world
        yield from _each(
            GaugeMetricFamily,
            {
                "connections": ("Open connections.", len(world.clients)),
                "people": ("Registered users online.", len(world.users)),
                "rooms": ("Existing rooms.", len(world.rooms)),
                "waiting_units": ("Units waiting for the engine.", self._engine.waiting),
                "outbox_bytes": ("Bytes waiting to be sent.", self._flushers.backlog),
            },
        )

    def _health_gauges(self) -> Iterator[Metric]:
        """Yield what `/readyz` reports; a value that does not apply is left out."""
        status, readiness = self._engine.status(), self._health.readiness()
        committed_at = self._health.last_commit(status)
        values = {
            "ready": ("Whether the log can be written.", int(readiness.ready)),
            "engine_cycle_seconds": ("Time since the engine's last cycle began.", status.cycle_seconds),
            "outage_seconds": ("Duration of the current database outage.", status.outage_seconds or 0.0),
            "last_commit_timestamp_seconds": (
                "Time of the last commit.",
                None if committed_at is None else committed_at / 1000,
            ),
            "disk_free_bytes": ("Free disk space for the SQLite database.", readiness.free_bytes),
        }
        yield from _each(GaugeMetricFamily, values)

    def _counters(self) -> Iterator[Metric]:
        meter = self._engine.meter
        since_start: dict[str, tuple[str, float | None]] = {
            "messages": ("Messages stored.", self._engine.activity.messages),
            "deliveries": ("Events delivered to connections.", self._engine.deliveries),
            "failed_commits": ("Failed commits that were retried.", meter.failures),
            "evictions": (
                "Connections closed because their send queue overflowed.",
                self._flushers.evicted,
            ),
        }
        yield from _each(CounterMetricFamily, since_start)
        restarts = CounterMetricFamily(
            "chat_restarts", "Times that the server started again by itself.", labels=["reason"]
        )
        for label in (LeaseExpired.label, LogConflict.label, LogReplaced.label):
            restarts.add_metric([label], self._restarts.get(label, 0))
        yield restarts


def _each(
    family: type[GaugeMetricFamily] | type[CounterMetricFamily],
    values: Mapping[str, tuple[str, float | None]],
) -> Iterator[Metric]:
    """Yield a metric for each name with its description and value, unless that is None."""
    for name, (description, value) in values.items():
        if value is not None:
            yield family(f"chat_{name}", description, value=value)


def _histogram(name: str, description: str, histogram: Histogram) -> Metric:
    buckets = [
        ("+Inf" if bound == inf else str(bound), float(count)) for bound, count in histogram.cumulative
    ]
    return HistogramMetricFamily(name, description, buckets=buckets, sum_value=histogram.total)
