"""Checks of the database: its place, schema, contents and size."""

from collections.abc import Callable, Iterator, Sequence

from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from app.db.chain.links import Position
from app.db.database import Database
from app.db.dialect import StorageUsage
from app.db.location import find_exposure, find_free_bytes, find_location_problem
from app.db.migration.schema import DatabaseState, require_own_database
from app.errors import ChatError
from app.services import stats
from app.services.checks.finding import CheckResult, Finding, split_advice
from app.services.replay.verification import find_derivation_problems
from app.services.verification import verify_snapshot
from app.text.counts import format_size

OUTCOMES = {
    DatabaseState.MISSING: "will be created on the first start",
    DatabaseState.CURRENT: "is ready",
    DatabaseState.OLDER: "will be backed up and upgraded on the next start",
}
CHOOSE_ANOTHER = "Choose another database with -d."
RESTORE = "Restore a backup (docs/admin.md, Backup), and look for the cause: a bad disk or memory."
COMPARE = "The database was changed by another program; restore a backup from before that."
MIN_SPARE_BYTES = 256 << 20  # beyond what a copy of the database takes
MAX_LOG_BYTES = 256 << 20  # four times the size to which SQLite truncates it
MIN_FREE_PAGES_BYTES = 64 << 20  # free pages below this are not worth a VACUUM
MAX_FREE_PAGES_SHARE = 0.5  # of the file


def check_state(database: Database) -> tuple[CheckResult, DatabaseState | None]:
    """Check that the server can use the database; return its state, or None if it cannot."""
    name = str(database)
    if fault := find_location_problem(database):
        return CheckResult("database", name, [split_advice(fault, CHOOSE_ANOTHER)]), None
    try:
        state, _ = require_own_database(database)
    except ChatError as error:
        return CheckResult("database", name, [split_advice(error.sentence, CHOOSE_ANOTHER)]), None
    return CheckResult("database", f"{name} {OUTCOMES[state]}"), state


def check_contents(database: Database, session: Session, known: Sequence[Position] = ()) -> list[CheckResult]:
    """Check the integrity of the file, the schema, the log with its digests, and the tables.

    The log must still have the digests of the known positions. All queries of the session must see
    the same state.
    """
    from app.db.migration.migrate import differences  # deferred: Alembic is slow to load

    connection = session.connection()
    log = "positions, times, rooms and search index"
    replayed = "equal to a replay of the log"
    return [
        _check("integrity", "file and references", lambda: database.dialect.problems(connection), RESTORE),
        _check("schema", "tables, columns and indexes", lambda: differences(connection), COMPARE),
        _check("log", log, lambda: stats.find_problems(session), COMPARE),
        _check("history", "digests of all events", lambda: _find_alterations(connection, known), COMPARE),
        _check("tables", replayed, lambda: find_derivation_problems(database), COMPARE),
    ]


def _find_alterations(connection: Connection, known: Sequence[Position]) -> list[str]:
    """Return the first findings of `chat-admin history verify`."""
    return [
        finding.sentence
        for finding in verify_snapshot(connection, known).findings[: stats.MAX_PROBLEMS_SHOWN]
    ]


def _check(name: str, summary: str, find: Callable[[], list[str]], advice: str) -> CheckResult:
    """Run a check; damage to the file that makes it impossible is a problem as well."""
    try:
        problems = find()
    except DatabaseError as error:
        if type(error) is not DatabaseError:  # a subclass: for example, the database is locked
            raise
        problems = [f"The database cannot be read ({error.orig})."]
    return CheckResult(name, summary, [split_advice(problem, advice) for problem in problems])


def check_usage(database: Database, session: Session) -> CheckResult:
    """Check the size of the write-ahead log, and how much of the file is unused."""
    usage = database.dialect.usage(session.connection())
    parts = [f"{format_size(usage.bytes)} in all"]
    if usage.free_bytes is not None:
        parts.append(f"{format_size(usage.free_bytes)} unused")
    if usage.log_bytes is not None:
        parts.append(f"{format_size(usage.log_bytes)} write-ahead log")
    return CheckResult("size", ", ".join(parts), list(_find_waste(database, usage)))


def _find_waste(database: Database, usage: StorageUsage) -> Iterator[Finding]:
    if usage.log_bytes is not None and usage.log_bytes > MAX_LOG_BYTES:
        yield Finding(
            f"The write-ahead log of {database} has grown to {format_size(usage.log_bytes)}: a program reads the "
            "database without end, so SQLite cannot start the log over.",
            "End that program (lsof shows who has the file open), or restart the server.",
        )
    free = usage.free_bytes or 0
    if free > MIN_FREE_PAGES_BYTES and free > usage.bytes * MAX_FREE_PAGES_SHARE:
        yield Finding(
            f"{format_size(free)} of {database} are unused pages, which new messages will fill.",
            "To return the space now, stop the server and run `chat-admin db vacuum`.",
        )


def check_disk(database: Database, database_bytes: int) -> CheckResult:
    """Check that the disk has room for a copy of an SQLite database and for new messages."""
    free = find_free_bytes(database)
    if free is None:
        return CheckResult("disk space", "the disk is that of the PostgreSQL server")
    needed = database_bytes + MIN_SPARE_BYTES
    findings = []
    if free < needed:
        findings.append(
            Finding(
                f"Only {format_size(free)} are free on the disk of {database}: an upgrade saves a copy of it, and "
                "when the disk is full, no message can be sent.",
                f"Make room until {format_size(needed)} are free.",
            )
        )
    return CheckResult("disk space", f"{format_size(free)} free", findings)


def check_exposure(database: Database) -> list[Finding]:
    """Check that other users have no access to the files of the database."""
    exposure = find_exposure(database)
    return [split_advice(exposure, "")] if exposure else []
