"""Secrets of the server in its database, readable by those who may read the database.

Secrets never appear in events, exports or log files.
"""

from sqlalchemy import Connection, bindparam, insert, select

from app.clock import Clock
from app.db.models import ServerSecretRow

CLOAK_KEY = "cloak"  # name of the key from which displayed host names are derived
TOP_TOKEN = "top"  # name of the token with which `chat-admin top` reads `/top`

_table = ServerSecretRow.__table__
_FIND = select(_table.c.value).where(_table.c.name == bindparam("secret"))


def get_or_create_secret(connection: Connection, clock: Clock, name: str) -> bytes:
    """Return the permanent secret with the given name, generating it if it does not exist.

    The caller must hold the log's lock, so that two servers do not each generate one.
    """
    stored = find_secret(connection, name)
    if stored is not None:
        return stored
    value = clock.new_secret()
    connection.execute(insert(ServerSecretRow).values(name=name, value=value.hex()))
    return value


def find_secret(connection: Connection, name: str) -> bytes | None:
    """Return the secret with the given name, or None if it does not exist yet."""
    value = connection.scalar(_FIND, {"secret": name})
    return None if value is None else bytes.fromhex(value)
