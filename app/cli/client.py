"""chat-client: chat in a terminal, or send and receive messages in a script."""

from app.interrupts import exit_on_interrupt, raise_interrupts


def main() -> None:
    """Run `chat-client`."""
    exit_on_interrupt()
    from app.cli import terminal
    from app.cli.client_tree import app

    terminal.run(app, "chat-client", raise_interrupts)
