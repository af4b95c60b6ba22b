"""chat-admin session: online sessions."""

from typing import Annotated

import typer

from app.cli.admin.command_declaration import command, new_noun
from app.cli.admin.commands.moderation.kick import MAX_REASON_LENGTH
from app.cli.admin.context import AdminContext
from app.cli.admin.prompts import one_line
from app.services.users import sessions

app = new_noun("session", "List and end online sessions.")

Ids = Annotated[list[int], typer.Argument(metavar="ID", help="Id of the session, from `session list`.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Reason shown to the user.")]
User = Annotated[str | None, typer.Option("--user", metavar="NAME", help="Only this nick or account.")]
Address = Annotated[
    str | None,
    typer.Option("--address", metavar="ADDRESS", help="Only from this address or network: 192.0.2.0/24."),
]


@command(app, "list")
def list_(context: AdminContext, user: User = None, address: Address = None) -> None:
    """List the online sessions with their addresses and rooms."""
    network = None if address is None else sessions.parse_network(address)
    with context.reading() as session:
        found = sessions.list_sessions(session, user, network)
    context.out.table(found, "There are no matching sessions." if user or network else "Nobody is online.")


@command(app, "end")
def end(context: AdminContext, ids: Ids, reason: Reason = "Session ended by an administrator") -> None:
    """Disconnect a session with all its devices. The user may connect again."""
    reason = one_line(reason, "reason", MAX_REASON_LENGTH)
    context.change(lambda admin: sessions.end_sessions(admin, ids, reason))
    ended = "Ended the session." if len(ids) == 1 else f"Ended {len(ids)} sessions."
    context.out.done(ended, sessions=ids, reason=reason)
