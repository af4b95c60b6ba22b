"""chat-admin: administration through the database, with the server running or stopped.

The commands of each noun are declared in a module; rules and queries are in `app.services`. Changes
are appended to the log, from which a running server reads them.
"""

import logging

from app.interrupts import exit_on_interrupt, note_interrupts


def main() -> None:
    """Run `chat-admin`."""
    exit_on_interrupt()
    from app.cli import terminal
    from app.cli.admin.tree import app

    # It would log the traceback of a Ctrl-C while it closes a connection; other errors are raised.
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)
    terminal.run(app, "chat-admin", note_interrupts)
