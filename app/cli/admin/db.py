"""chat-admin db: the database itself."""

from dataclasses import asdict

from sqlalchemy import Connection

from app.cli.admin.context import AdminContext, missing
from app.cli.admin.declare import command, new_noun
from app.db import revisions, schema
from app.db.fulltext import fulltext_of
from app.errors import CheckFailed, NotFound
from app.services import stats

app = new_noun("db", "Look after the database.")


@command(app, "upgrade")
def upgrade(context: AdminContext) -> None:
    """Make the database, or bring it to this version after setting a copy aside. Stop the server first."""
    with context.unchecked() as database:
        before, _ = schema.require_own_database(database)
        copy = schema.prepare_database(database)
        name = str(database)
    if copy is not None:
        context.out.note(f"The database as it was is kept in {copy}.")
    changed = before is not schema.DatabaseState.CURRENT
    sentence = f"{name} is at version {revisions.head()} {'now' if changed else 'already'}."
    context.out.done(
        sentence,
        database=name,
        revision=revisions.head(),
        changed=changed,
        copy=None if copy is None else str(copy),
    )


@command(app, "current")
def current(context: AdminContext) -> None:
    """Show the version of the database and the newest this program knows."""
    with context.unchecked() as database:
        state, revision = schema.require_own_database(database)
        if state is schema.DatabaseState.MISSING:
            raise NotFound(missing(database))
        found = {
            "database": str(database),
            "revision": revision,
            "newest": revisions.head(),
            "state": state.name.lower(),
        }
    context.out.record(found)


@command(app, "check")
def check(context: AdminContext) -> None:
    """Look for damage: in the file, in the schema, in the log, in the index. Ends with 3 if there is any."""
    from app.db.migrate import differences  # here: loading Alembic takes longer than other commands

    with context.database() as database, database.reading() as session:
        connection: Connection = session.connection()
        problems = [
            *database.dialect.problems(connection),
            *differences(connection),
            *stats.find_problems(session),
        ]
        name = str(database)
    context.out.table([{"problem": problem} for problem in problems], f"{name} is sound.")
    if problems:
        raise CheckFailed(f"{name} has problems: {len(problems)}.")


@command(app, "reindex")
def reindex(context: AdminContext) -> None:
    """Build the index for searches anew. A running server waits until it is done; better stop it before."""
    with context.database() as database:
        with database.locked() as connection:
            fulltext_of(connection).rebuild(connection)
        name = str(database)
    context.out.done(f"The index for searches of {name} is new.", database=name)


@command(app, "stats")
def show_stats(context: AdminContext) -> None:
    """Show how much there is of everything."""
    with context.database() as database, database.reading() as session:
        counted = asdict(stats.collect_stats(session))
        size = database.dialect.size(session.connection())
        name = str(database)
    context.out.record({"database": name, "bytes": size, "revision": revisions.head(), **counted})
