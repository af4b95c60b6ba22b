"""Every topic of commands; importing this fills the table."""

from app.commands import (  # noqa: F401
    joining,
    messages,
    mode,
    negotiation,
    parting,
    registration,
    server,
    topics,
)
