"""chat-server: run the server, or check its configuration."""

from app.interrupts import exit_on_interrupt, note_interrupts


def main() -> None:
    """Run `chat-server`."""
    exit_on_interrupt()
    from app.cli import terminal
    from app.cli.server.tree import app
    from app.process import exit_now

    try:
        terminal.run(app, "chat-server", note_interrupts)
    except SystemExit as end:
        exit_now(int(end.code or 0))
