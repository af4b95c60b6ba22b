"""All checks of an installation, in order."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from app.clock import Clock, to_datetime
from app.db.database import Database
from app.db.log import get_last_at
from app.db.migration.schema import DatabaseState
from app.db.postgresql.server_settings import read_server_settings
from app.services.checks import backups, configuration, database, files, machine, nodes, postgresql
from app.services.checks.finding import CheckResult, Finding
from app.services.nodes.nodes import describe_nodes
from app.settings import ResolvedSettings, ServerSettings


@dataclass(frozen=True, slots=True)
class RunningServer:
    """What a running server says of itself on its metrics port."""

    version: str
    problems: Sequence[str]


@dataclass(frozen=True, slots=True)
class Installation:
    """What is checked. `host` is the name that clients connect to, if given."""

    resolved: ResolvedSettings[ServerSettings]
    database: Database
    clock: Clock
    host: str | None
    running: RunningServer | None
    find_io_uring_fault: Callable[[], str | None]


def examine(installation: Installation) -> Iterator[CheckResult]:
    """Yield the result of each check as soon as it is known; the contents take longest."""
    settings = installation.resolved.values
    yield configuration.check_settings(installation.resolved)
    yield from _examine_database(installation)
    yield files.check_files(installation.resolved, installation.database)
    yield _examine_certificate(installation)
    yield machine.check_descriptors(settings)
    yield machine.check_io_uring(settings, installation.find_io_uring_fault)
    yield configuration.check_ports(settings)
    running = installation.running
    yield machine.check_version(None if running is None else running.version)
    if running is not None:
        yield CheckResult(
            "server", "runs", [Finding(problem, "See the log of the server.") for problem in running.problems]
        )


def _examine_database(installation: Installation) -> Iterator[CheckResult]:
    store = installation.database
    result, state = database.check_state(store)
    yield result
    if state is DatabaseState.OLDER:
        yield _report_older_schema(store)
    if state is DatabaseState.MISSING:
        yield _report_missing(store)
    if state is not DatabaseState.CURRENT:
        yield _examine_clock(installation, None)
        return
    with store.snapshot() as connection, Session(connection) as session:
        yield from database.check_contents(store, session)
        yield database.check_usage(store, session)
        size = store.dialect.usage(connection).bytes
        yield database.check_disk(store, size)
        yield backups.check_backups(session, installation.clock)
        yield from _examine_nodes(installation, connection)
        yield _examine_clock(installation, get_last_at(connection))


def _examine_nodes(installation: Installation, connection: Connection) -> Iterator[CheckResult]:
    """Check the nodes and their database server; an SQLite database has neither."""
    dialect = installation.database.dialect
    if dialect.has_nodes:
        found = describe_nodes(connection, dialect.now(connection))
        yield nodes.check_nodes(found, installation.resolved.values)
        yield postgresql.check_postgresql(read_server_settings(connection), max(1, len(found)))


def _examine_clock(installation: Installation, last_event_at: int | None) -> CheckResult:
    return machine.check_clock(installation.clock, last_event_at, machine.is_clock_synchronised())


def _examine_certificate(installation: Installation) -> CheckResult:
    path = installation.resolved.values.tls_cert
    if path is None:
        return CheckResult("certificate", "TLS is not configured")
    from app.services.checks.certificate import check_certificate  # deferred: slow to import

    return check_certificate(path, to_datetime(installation.clock.now()), installation.host)


def _report_older_schema(store: Database) -> CheckResult:
    return CheckResult(
        "schema",
        "older than this program",
        [
            Finding(
                f"{store} has an older schema; its contents were not checked.",
                "Stop the server if it runs, then run `chat-admin db upgrade`.",
            )
        ],
    )


def _report_missing(store: Database) -> CheckResult:
    return CheckResult(
        "schema",
        "no database",
        [
            Finding(
                f"The database {store} does not exist.",
                "Run this command in the folder of the server, name the database with -d, or start the "
                "server for the first time.",
            )
        ],
    )
