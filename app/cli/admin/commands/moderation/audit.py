"""chat-admin audit: the audit log of administrative changes."""

from typing import Annotated

import typer

from app.cli.admin import times
from app.cli.admin.command_declaration import command, new_noun
from app.cli.admin.context import AdminContext
from app.cli.admin.limits import Limit
from app.services.administration import audit

app = new_noun("audit", "Show the audit log of administrative changes.")

Actor = Annotated[
    str | None,
    typer.Option("--actor", metavar="TEXT", help="Only changes by actors whose name contains TEXT."),
]
Action = Annotated[
    str | None,
    typer.Option(
        "--action", metavar="ACTION", help="Only actions that start with ACTION, such as user or ban.add."
    ),
]


@command(app, "list")
def list_(
    context: AdminContext,
    limit: Limit = 50,
    since: times.Since = None,
    actor: Actor = None,
    action: Action = None,
) -> None:
    """List administrative changes, newest last."""
    start = times.since(since, context.clock.now())
    with context.reading() as session:
        found = audit.find_latest_entries(session, limit, start, actor, action)
    context.out.table(found, "No matching entries.")
