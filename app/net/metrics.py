"""The metrics endpoint: what the server measures of itself, over HTTP, as Prometheus reads it.

Nothing is computed before somebody asks; then the numbers are read where they are kept.
"""

from collections.abc import Iterator
from http.server import HTTPServer
from math import inf

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from app.engine.engine import Engine
from app.engine.meter import Histogram
from app.errors import ChatError
from app.net.send.flusher_pool import FlusherPool


class MetricsEndpoint:
    """An HTTP port that tells metrics, once it knows whose."""

    def __init__(self, ip: str, port: int) -> None:
        """Take the port.

        Raises: ChatError when it cannot be taken.
        """
        self._registry = CollectorRegistry()
        try:
            server, self._thread = start_http_server(port, ip, self._registry)
        except OSError as error:
            raise ChatError(
                f"Cannot listen on {ip} port {port} for metrics: {error.strerror or error}. "
                "Choose another with metrics_port."
            ) from error
        self._server: HTTPServer = server
        self.port: int = server.server_port

    def tell_of(self, engine: Engine, flushers: FlusherPool) -> None:
        """Tell what these measure from now on."""
        self._registry.register(ServerCollector(engine, flushers))

    def close(self) -> None:
        """Give the port back."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class ServerCollector(Collector):
    """The numbers of one server. They are read while it works, so they are not all of the same instant."""

    def __init__(self, engine: Engine, flushers: FlusherPool) -> None:
        self._engine = engine
        self._flushers = flushers

    def collect(self) -> Iterator[Metric]:
        """Yield every metric with its present value."""
        yield from self._gauges()
        yield from self._counters()
        meter = self._engine.meter
        yield _histogram("chat_batch_events", "Events stored by one batch.", meter.batches)
        yield _histogram("chat_commit_seconds", "Time a batch takes to be on the disk.", meter.commits)

    def _gauges(self) -> Iterator[Metric]:
        world = self._engine.world
        now = {
            "connections": ("Connections, logged in or not.", len(world.clients)),
            "people": ("People who are here.", len(world.users)),
            "rooms": ("Rooms that there are.", len(world.rooms)),
            "waiting_units": ("Reads of clients that wait for the engine.", self._engine.waiting),
            "outbox_bytes": ("Bytes that wait to be sent.", self._flushers.backlog),
        }
        for name, (meaning, value) in now.items():
            yield GaugeMetricFamily(f"chat_{name}", meaning, value=value)

    def _counters(self) -> Iterator[Metric]:
        meter = self._engine.meter
        since_start = {
            "deliveries": ("Events handed to a connection.", self._engine.deliveries),
            "failed_commits": ("Commits that had to be tried again.", meter.failures),
            "evictions": (
                "Connections given up because they did not read.",
                self._flushers.evicted,
            ),
        }
        for name, (meaning, value) in since_start.items():
            yield CounterMetricFamily(f"chat_{name}", meaning, value=value)


def _histogram(name: str, meaning: str, measured: Histogram) -> Metric:
    buckets = [("+Inf" if bound == inf else str(bound), float(count)) for bound, count in measured.cumulative]
    return HistogramMetricFamily(name, meaning, buckets=buckets, sum_value=measured.total)
