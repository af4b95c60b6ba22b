"""chat-admin db: database maintenance."""

from dataclasses import asdict

from sqlalchemy.orm import Session

from app.cli.admin.command_declaration import command, new_noun
from app.cli.admin.commands.database.db_copy import copy
from app.cli.admin.context import AdminContext, missing_database_message
from app.cli.admin.erasure import explain_not_purged, explain_purged
from app.cli.admin.progress import show_progress
from app.db.chain.build import build_chain, count_unchained
from app.db.database import Database
from app.db.fulltext import fulltext_of
from app.db.migration import revisions, schema
from app.errors import ChatError, CheckFailed, NotFound
from app.services import stats
from app.services.checks.database import check_contents
from app.services.erasure import purge as purging
from app.services.space import vacuum_database
from app.text.counts import count_of, format_size

app = new_noun("db", "Maintain the database.")


@command(app, "upgrade")
def upgrade(context: AdminContext) -> None:
    """Create the database, or upgrade it after saving a copy. Stop the server first.

    Builds the hash chain for older events, which the server otherwise does in the background.
    """
    with context.open_unchecked() as database:
        before, _ = schema.require_own_database(database)
        copy = schema.prepare_database(database)
        chained = _build_chain(context, database)
        name = str(database)
    if copy is not None:
        context.out.note(f"A copy of the old database was saved to {copy}.")
    changed = before is not schema.DatabaseState.CURRENT
    state = "was upgraded to" if changed else "is already at"
    sentence = f"{name} {state} schema version {revisions.head()}."
    context.out.done(
        sentence,
        database=name,
        revision=revisions.head(),
        changed=changed,
        copy=None if copy is None else str(copy),
        chained=chained,
    )


def _build_chain(context: AdminContext, database: Database) -> int:
    """Extend the hash chain over events from before an upgrade; return the number of events."""
    with database.snapshot() as connection:
        count = count_unchained(connection)
    if not count:
        return 0
    with show_progress("Chaining", lambda: count) as advance:
        return build_chain(database, context.clock, advance)


@command(app, "current")
def current(context: AdminContext) -> None:
    """Show the schema version of the database and the newest one known."""
    with context.open_unchecked() as database:
        state, revision = schema.require_own_database(database)
        if state is schema.DatabaseState.MISSING:
            raise NotFound(missing_database_message(database))
        found = {
            "database": str(database),
            "revision": revision,
            "newest": revisions.head(),
            "state": state.name.lower(),
        }
    context.out.record(found)


@command(app, "check")
def check(context: AdminContext) -> None:
    """Check the file, schema, log, tables and search index. Exits with 3 if there are problems."""
    with context.database() as database, database.snapshot() as connection, Session(connection) as session:
        findings = [finding for result in check_contents(database, session) for finding in result.findings]
        name = str(database)
    context.out.table(findings, f"Found no problems in {name}.")
    if findings:
        raise CheckFailed(f"{name} has {count_of(len(findings), 'problem')}.")


@command(app, "reindex")
def reindex(context: AdminContext) -> None:
    """Rebuild the search index. A running server continues to store messages."""
    with context.database() as database:
        fulltext_of(database.engine).rebuild(database)
        name = str(database)
    context.out.done(f"Rebuilt the search index of {name}.", database=name)


@command(app, "purge")
def purge(context: AdminContext) -> None:
    """Complete interrupted deletions, and remove deleted text from the database files.

    A running server does the same in the background.
    """
    with (
        context.database() as database,
        show_progress("Erasing", lambda: purging.count_positions(database)) as advance,
    ):
        completed, is_purged = purging.complete_pending(database, context.clock, advance)
    deletions = count_of(completed, "deletion")
    if not is_purged:
        raise ChatError(f"Completed {deletions}. {explain_not_purged(database)}")
    context.out.done(
        f"Completed {deletions}. {explain_purged(database)}",
        database=str(database),
        completed=completed,
    )


@command(app, "vacuum")
def vacuum(context: AdminContext) -> None:
    """Return free space to the file system. On SQLite, stop the server first."""
    with context.database() as database:
        before, after = vacuum_database(database, context.clock, context.actor)
        name = str(database)
    sentence = f"{name} has {format_size(after)}; before, it had {format_size(before)}."
    context.out.done(sentence, database=name, before=before, after=after)


@command(app, "stats")
def show_stats(context: AdminContext) -> None:
    """Show row counts and the size of the database."""
    with context.database() as database, database.reading() as session:
        counted = asdict(stats.collect_stats(session))
        size = database.dialect.size(session.connection())
        name = str(database)
    context.out.record({"database": name, "bytes": size, "revision": revisions.head(), **counted})


command(app, "copy")(copy)
