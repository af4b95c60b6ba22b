"""Secrets shared by the servers on one database, generated on first use and stored permanently.

Secrets never appear in events, exports or log files.
"""

from sqlalchemy import Connection, insert, select

from app.clock import Clock
from app.db.models import ServerSecretRow

CLOAK_KEY = "cloak"  # name of the key from which displayed host names are derived

_table = ServerSecretRow.__table__


def get_or_create_secret(connection: Connection, clock: Clock, name: str) -> bytes:
    """Return the secret with the given name, generating it if it does not exist.

    The caller must hold the log's lock, so that two servers do not each generate one.
    """
    value = connection.scalar(select(_table.c.value).where(_table.c.name == name))
    if value is None:
        value = clock.new_secret().hex()
        connection.execute(insert(ServerSecretRow).values(name=name, value=value))
    return bytes.fromhex(value)
