"""Measurements of a server as one of several nodes, in the Prometheus text format."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app.engine.engine import Engine


class NodeCollector(Collector):
    """Collects how far a server has applied the log, and the age of its lease."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def collect(self) -> Iterator[Metric]:
        """Yield every metric with its current value; the age only if there can be other nodes."""
        status = self._engine.status()
        yield GaugeMetricFamily("chat_log_position", "Last event that was applied.", status.position)
        yield GaugeMetricFamily(
            "chat_log_lag_events", "Events that other servers announced and that are not applied.", status.lag
        )
        if status.lease_seconds is not None:
            yield GaugeMetricFamily(
                "chat_lease_age_seconds", "Time since the lease was renewed.", status.lease_seconds
            )
