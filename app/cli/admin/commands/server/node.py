"""chat-admin node: the servers that share a PostgreSQL database."""

from typing import Annotated

import typer

from app.cli.admin.command_declaration import command, new_noun
from app.cli.admin.context import AdminContext
from app.services.nodes import nodes

NO_NODES = "No server is running. Only servers on PostgreSQL are listed: an SQLite database has one."

app = new_noun("node", "List and drain the servers that share a PostgreSQL database.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the node: its setting `node`.")]


@command(app, "list")
def list_(context: AdminContext) -> None:
    """List the running servers with their users, their lag behind the log and their lease."""
    with context.database() as database, database.reading() as session:
        connection = session.connection()
        found = nodes.describe_nodes(connection, database.dialect.now(connection))
    context.out.table(found, NO_NODES)


@command(app, "drain")
def drain(context: AdminContext, name: Name) -> None:
    """Stop a server gracefully: its connections are closed in small groups.

    It refuses new connections and is no longer ready (`/readyz`), so a load balancer sends clients
    elsewhere. When the last one has left, it stops.
    """
    context.change(lambda admin: nodes.drain(admin, name))
    context.out.done(f"Draining {name}; `chat-admin node list` shows how many users it still has.", node=name)
