"""chat-admin backup follow: a copy that is kept up to date."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.admin.context import AdminContext
from app.cli.admin.progress import show_share
from app.cli.terminal import find_version
from app.services.administration import audit
from app.services.backup.followed_copy import prepare_followed_copy
from app.services.backup.following import Follower


def follow(
    context: AdminContext,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the copy.")],
    once: Annotated[bool, typer.Option("--once", help="Bring the copy up to date, and end.")] = False,
) -> None:
    """Maintain a copy of an SQLite database, at most a second behind its server.

    Runs until it is stopped. The copy stays a database with which a server can start.
    """
    with context.database() as database:
        with show_share("Copying") as report:
            copy = prepare_followed_copy(database, folder, context.clock, find_version(), report)
        for problem in copy.problems:
            context.out.note(f"Warning: {problem}")
        follower = Follower(database, copy.file)
        with follower.opened() as connection:
            entry = audit.make_audit_row(context.clock, context.actor, "backup.follow", str(copy.file)[:256])
            audit.append_now(database, entry)
            position = follower.step(connection)
            shown = folder / copy.file.name
            sentence = f"{shown} is up to date with log position {position}."
            if once:
                context.out.done(sentence, file=str(copy.file), position=position, problems=copy.problems)
                return
            context.out.note(sentence)
            follower.run(connection)
