"""chat-admin: administration through the database, with the server running or stopped.

Each noun has a module that declares its commands; decisions and SQL live in `app.services`. Changes
are appended to the log, where a running server picks them up.
"""

from app.cli import terminal
from app.cli.admin.tree import app


def main() -> None:
    """Run `chat-admin`."""
    terminal.run(app, "chat-admin")
