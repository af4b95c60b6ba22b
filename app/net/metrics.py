"""The metrics endpoint: the server's measurements in the Prometheus text format over HTTP.

Metrics are collected on request only, from the objects that keep them.
"""

from collections.abc import Iterator
from math import inf

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from app.clock import Clock
from app.engine.engine import Engine
from app.engine.meter import Histogram
from app.errors import ChatError
from app.net.metrics_server import MetricsServer
from app.net.send.flusher_pool import FlusherPool


class MetricsEndpoint:
    """An HTTP listener for metrics. It serves none until `observe` is called."""

    def __init__(self, ip: str, port: int, clock: Clock) -> None:
        """Bind the port.

        Raises: ChatError when it cannot be bound.
        """
        try:
            self._server = MetricsServer(ip, port, clock)
        except OSError as error:
            raise ChatError(
                f"Cannot listen on {ip} port {port} for metrics: {error.strerror or error}. "
                "Choose another with metrics_port."
            ) from error
        self.port = self._server.port

    def observe(self, engine: Engine, flushers: FlusherPool) -> None:
        """Register a collector that exports the metrics of an engine and its flushers."""
        self._server.registry.register(ServerCollector(engine, flushers))

    def close(self) -> None:
        """Stop the HTTP server."""
        self._server.close()


class ServerCollector(Collector):
    """Collects the metrics of a running server; they are not an atomic snapshot."""

    def __init__(self, engine: Engine, flushers: FlusherPool) -> None:
        self._engine = engine
        self._flushers = flushers

    def collect(self) -> Iterator[Metric]:
        """Yield every metric with its current value."""
        yield from self._gauges()
        yield from self._counters()
        meter = self._engine.meter
        yield _histogram("chat_batch_events", "Events per committed batch.", meter.batches)
        yield _histogram("chat_commit_seconds", "Duration of a commit.", meter.commits)

    def _gauges(self) -> Iterator[Metric]:
        world = self._engine.world
        values = {
            "connections": ("Open connections.", len(world.clients)),
            "people": ("Registered users online.", len(world.users)),
            "rooms": ("Existing rooms.", len(world.rooms)),
            "waiting_units": ("Units waiting for the engine.", self._engine.waiting),
            "outbox_bytes": ("Bytes waiting to be sent.", self._flushers.backlog),
        }
        for name, (description, value) in values.items():
            yield GaugeMetricFamily(f"chat_{name}", description, value=value)

    def _counters(self) -> Iterator[Metric]:
        meter = self._engine.meter
        since_start = {
            "deliveries": ("Events delivered to connections.", self._engine.deliveries),
            "failed_commits": ("Failed commits that were retried.", meter.failures),
            "evictions": (
                "Connections closed because their send queue overflowed.",
                self._flushers.evicted,
            ),
        }
        for name, (description, value) in since_start.items():
            yield CounterMetricFamily(f"chat_{name}", description, value=value)


def _histogram(name: str, description: str, histogram: Histogram) -> Metric:
    buckets = [
        ("+Inf" if bound == inf else str(bound), float(count)) for bound, count in histogram.cumulative
    ]
    return HistogramMetricFamily(name, description, buckets=buckets, sum_value=histogram.total)
