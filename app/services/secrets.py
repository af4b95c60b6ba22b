"""What the servers on one database know and nobody else: made by chance when it is first wanted, kept for ever.

A secret leaves the database for the memory of a server only. It is in no event, no export and no log.
"""

from sqlalchemy import Connection, insert, select

from app.clock import Clock
from app.db.models import ServerSecretRow

CLOAK_KEY = "cloak"  # makes the hosts that others see

_table = ServerSecretRow.__table__


def get_or_create_secret(connection: Connection, clock: Clock, name: str) -> bytes:
    """Return the secret of that name, and make it if there is none.

    The log must be open: its lock keeps two servers from making one each.
    """
    kept = connection.scalar(select(_table.c.value).where(_table.c.name == name))
    if kept is None:
        kept = clock.secret().hex()
        connection.execute(insert(ServerSecretRow).values(name=name, value=kept))
    return bytes.fromhex(kept)
