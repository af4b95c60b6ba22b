"""All servers on a database serve `/top` for one token, so that no start locks others out."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection

from app.cli.admin.metrics_client import find_token
from app.db.database import Database
from app.net.monitoring.endpoint import TOP, MonitoringEndpoint
from app.net.send.flusher_pool import FlusherPool
from tests.conftest import MovedClock
from tests.engine.harness import EngineHarness

TIMEOUT_SECONDS = 20


@contextmanager
def started(database: Database, clock: MovedClock) -> Iterator[int]:
    """Start a server with a metrics port, and yield that port."""
    bench = EngineHarness(Database(database.url), clock)
    with closing(bench), closing(MonitoringEndpoint("127.0.0.1", 0, clock)) as endpoint:
        endpoint.observe(bench.core.runtime, bench.core.engine, FlusherPool(0, clock, use_io_uring=False))
        yield endpoint.port


def status(port: int, token: str | None) -> int:
    """Request `/top` with a token, and return the status."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)) as connection:
        connection.request("GET", TOP, headers={"Authorization": f"Bearer {token}"})
        return connection.getresponse().status


def test_later_servers_accept_the_token_of_the_first(database: Database, clock: MovedClock) -> None:
    with ExitStack() as stack:
        first = stack.enter_context(started(database, clock))
        token = find_token(database)
        second = stack.enter_context(started(database, clock))
        assert find_token(database) == token
        assert [status(port, token) for port in (first, second)] == [200, 200]
        assert status(second, "another") == 401
