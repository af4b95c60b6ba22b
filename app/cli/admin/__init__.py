"""chat-admin: the tool of whoever runs the chat. It works on the database, whether or not the server runs.

Each noun has a file here that declares its commands; nothing in them decides or knows SQL. What a command
changes goes into the log, where a running server finds it.
"""

from app.cli import terminal
from app.cli.admin.tree import app


def main() -> None:
    """Run `chat-admin`."""
    terminal.run(app, "chat-admin")
