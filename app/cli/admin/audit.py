"""chat-admin audit: who changed what."""

from typing import Annotated

import typer

from app.cli.admin import moments
from app.cli.admin.context import AdminContext
from app.cli.admin.declare import command, new_noun
from app.services import audit

app = new_noun("audit", "See who changed what.")

Limit = Annotated[int, typer.Option("--limit", "-n", min=1, metavar="N", help="Most entries to show.")]
Actor = Annotated[
    str | None, typer.Option("--actor", metavar="TEXT", help="Only by people with this text in their name.")
]
Action = Annotated[
    str | None, typer.Option("--action", metavar="ACTION", help="Only such actions: user, ban.add, ...")
]


@command(app, "list")
def list_(
    context: AdminContext,
    limit: Limit = 50,
    since: moments.Since = None,
    actor: Actor = None,
    action: Action = None,
) -> None:
    """List what administrators changed, the newest last."""
    start = moments.since(since, context.clock.now())
    with context.reading() as session:
        found = audit.find_latest_entries(session, limit, start, actor, action)
    context.out.table(found, "Nothing was changed.")
