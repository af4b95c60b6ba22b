"""Every topic of commands; importing this fills the table."""

from app.commands import (  # noqa: F401
    away,
    help,
    history,
    joining,
    lists,
    messages,
    mode,
    negotiation,
    parting,
    registration,
    server,
    topics,
    who,
    whois,
)
