"""Finds damage in a backup, without changing it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, func, inspect, select, table
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.db.chain.links import Position
from app.db.database import Database, parse_database_url
from app.db.log import get_last_id
from app.db.migration import schema
from app.errors import ChatError, DatabaseRefused, NotFound
from app.services.backup.manifest import InvalidManifest, Manifest, hash_file, read_manifest
from app.services.checks.database import check_contents


@dataclass(frozen=True, slots=True)
class BackupReport:
    """A backup, its manifest if that can be read, and a sentence for each problem."""

    file: Path
    manifest: Manifest | None
    problems: list[str]


def verify_backup(file: Path) -> BackupReport:
    """Check the file against its manifest, then its contents.

    Raises: NotFound when the file does not exist; DatabaseRefused when a newer version wrote it.
    """
    if not file.is_file():
        raise NotFound(f"The backup {file} does not exist.")
    try:
        manifest = read_manifest(file)
    except InvalidManifest as error:
        return BackupReport(file, None, [error.sentence, *find_content_problems(file, None)])
    problems = [*find_size_problems(file, manifest), *find_content_problems(file, manifest)]
    return BackupReport(file, manifest, problems)


def find_size_problems(file: Path, manifest: Manifest) -> list[str]:
    """Compare the size and the SHA-256 of a backup with its manifest, unless it is followed."""
    if manifest.followed:
        return []
    try:
        size, digest = file.stat().st_size, hash_file(file)
    except OSError as error:
        return [f"The file cannot be read ({error.strerror})."]
    if size != manifest.bytes:
        return [f"The file has {size} bytes, but the manifest says {manifest.bytes}."]
    if digest != manifest.sha256:
        return ["The SHA-256 of the file is not that of the manifest: its contents have changed."]
    return []


def find_content_problems(file: Path, manifest: Manifest | None) -> list[str]:
    """Return a sentence for each problem of the database in a file.

    Raises: DatabaseRefused when a newer version wrote it.
    """
    database = Database(parse_database_url(str(file)))
    try:
        state, revision = schema.inspect_database(database)
    except DatabaseRefused:
        return ["The file cannot be read as an SQLite database."]
    if state is schema.DatabaseState.NEWER:
        schema.require_own_database(database)
    if state not in (schema.DatabaseState.CURRENT, schema.DatabaseState.OLDER):
        return ["The file is not a chat database."]
    problems = list(_find_deviations(database, manifest, revision)) if manifest else []
    if state is schema.DatabaseState.OLDER:
        return problems + _find_damage(database)
    return problems + _find_problems(database, manifest.known_positions() if manifest else ())


def _find_problems(database: Database, known: Sequence[Position]) -> list[str]:
    """Check a database with the current schema as `db check` does."""
    with Session(database.dialect.open_read_only(database.url)) as session:
        results = check_contents(database, session, known)
        return [finding.problem for result in results for finding in result.findings]


def _find_damage(database: Database) -> list[str]:
    """Check the file of a database with an older schema, to which the other checks do not apply."""
    with database.dialect.open_read_only(database.url).connect() as connection:
        return database.dialect.problems(connection)


def _find_deviations(database: Database, manifest: Manifest, revision: str | None) -> Iterator[str]:
    """Yield a sentence for each statement of the manifest that is not true of the contents."""
    if revision != manifest.revision:
        yield f"The schema is {revision}, but the manifest says {manifest.revision}."
    engine = database.dialect.open_read_only(database.url)
    try:
        with engine.connect() as connection:
            yield from _compare_contents(connection, manifest)
    except (SQLAlchemyError, ChatError) as error:
        yield f"The contents cannot be compared with the manifest ({getattr(error, 'orig', error)})."
    finally:
        engine.dispose()


def _compare_contents(connection: Connection, manifest: Manifest) -> Iterator[str]:
    position = get_last_id(connection)
    if manifest.followed:
        if position < manifest.position:
            yield f"The log ends at {position}, but the manifest says {manifest.position} or later."
        return
    if position != manifest.position:
        yield f"The log ends at {position}, but the manifest says {manifest.position}."
    counts = count_rows(connection)
    for name in sorted({*counts, *manifest.tables}):
        found, expected = counts.get(name), manifest.tables.get(name)
        if found != expected:
            yield f"The table {name} has {found} rows, but the manifest says {expected}."


def count_rows(connection: Connection) -> dict[str, int]:
    """Return the number of rows of each table, except those of the search index."""
    names = [name for name in inspect(connection).get_table_names() if not name.startswith("spoken_index")]
    return {
        name: connection.execute(select(func.count()).select_from(table(name))).scalar_one() for name in names
    }
