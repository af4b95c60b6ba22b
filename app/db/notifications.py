"""Notifications that the servers on a PostgreSQL database send each other.

PostgreSQL delivers them when the transaction that sends them commits, in the order of the commits.
They may be lost: a lost position only delays the reader until its next poll, and only events that
nobody needs later, such as typing, are sent in the payload.
"""

from enum import StrEnum

from sqlalchemy import Connection, text

MAX_PAYLOAD_BYTES = 7_999  # accepted by PostgreSQL

_NOTIFY = text("SELECT pg_notify(:channel, :payload)")


class Channel(StrEnum):
    """What servers notify each other of."""

    LOG = "chat_log"  # events were appended; the payload is the last position of the log
    TRANSIENT = "chat_transient"  # an event that is not stored; the payload is its encoding


def notify(connection: Connection, channel: Channel, payload: str) -> None:
    """Notify the servers on a PostgreSQL database once the transaction is committed."""
    if connection.dialect.name == "postgresql":
        connection.execute(_NOTIFY, {"channel": channel.value, "payload": payload})
