"""Secrets shared by the servers on one database, generated on first use and kept permanently.

A secret is only ever loaded into a server's memory; it appears in no event, export or log file.
"""

from sqlalchemy import Connection, insert, select

from app.clock import Clock
from app.db.models import ServerSecretRow

CLOAK_KEY = "cloak"  # derives the host names shown in place of addresses

_table = ServerSecretRow.__table__


def get_or_create_secret(connection: Connection, clock: Clock, name: str) -> bytes:
    """Return the secret with a name, generating it if it does not exist.

    The caller must hold the log's lock, so that two servers do not each generate one.
    """
    value = connection.scalar(select(_table.c.value).where(_table.c.name == name))
    if value is None:
        value = clock.new_secret().hex()
        connection.execute(insert(ServerSecretRow).values(name=name, value=value))
    return bytes.fromhex(value)
