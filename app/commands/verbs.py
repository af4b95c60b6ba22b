"""Every topic of commands; importing this fills the table."""

from app.commands import (  # noqa: F401
    away,
    help,
    history,
    joining,
    lists,
    logins,
    messages,
    mode,
    moderation,
    monitor,
    negotiation,
    parting,
    realname,
    register,
    registration,
    sasl,
    server,
    topics,
    who,
    whois,
)
