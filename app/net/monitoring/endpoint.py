"""The metrics port: its routes, which answer in full once the server has started."""

import os

from prometheus_client import ProcessCollector

from app.clock import Clock
from app.commands.runtime import Runtime
from app.engine.engine import Engine
from app.errors import ChatError
from app.net.monitoring.health import Health, reply_alive, reply_starting
from app.net.monitoring.http_server import MetricsServer
from app.net.monitoring.metrics import ServerCollector
from app.net.monitoring.node_metrics import NodeCollector
from app.net.monitoring.route import Route
from app.net.monitoring.top import TopFigures
from app.net.send.flusher_pool import FlusherPool
from app.process import count_restarts
from app.services.ledger.log_upkeep import LogUpkeep
from app.services.secrets import TOP_TOKEN, get_or_create_secret

ALIVE, READY, TOP = "/healthz", "/readyz", "/top"


class MonitoringEndpoint:
    """An HTTP listener. Until `observe` is called, the server is alive but not ready."""

    def __init__(self, ip: str, port: int, clock: Clock) -> None:
        """Bind the port.

        Raises: ChatError when it cannot be bound.
        """
        self._clock = clock
        starting = {
            ALIVE: Route(reply_alive),
            READY: Route(reply_starting),
            TOP: Route(reply_starting),
        }
        try:
            self._server = MetricsServer(ip, port, clock, starting)
        except OSError as error:
            raise ChatError(
                f"Cannot listen on {ip} port {port} for metrics: {error.strerror or error}. "
                "Choose another with metrics_port."
            ) from error
        self.port = self._server.port

    def observe(self, runtime: Runtime, engine: Engine, flushers: FlusherPool) -> None:
        """Serve the metrics and the health of a server from now on.

        Raises: StorageError when the token for `/top` cannot be stored.
        """
        health = Health(engine, runtime.database, self._clock)
        top = TopFigures(runtime, engine, flushers, health)
        token = LogUpkeep(runtime.ledger, self._clock).maintain(
            lambda connection: get_or_create_secret(connection, self._clock, TOP_TOKEN)
        )
        self._server.registry.register(
            ServerCollector(engine, flushers, health, runtime.version, count_restarts(os.environ))
        )
        self._server.registry.register(NodeCollector(engine))
        ProcessCollector(registry=self._server.registry)
        self._server.routes = {
            ALIVE: Route(reply_alive),
            READY: Route(health.reply),
            TOP: Route(top.reply, token.hex()),
        }

    def close(self) -> None:
        """Stop the HTTP server."""
        self._server.close()
