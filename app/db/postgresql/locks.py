"""The advisory locks of the chat on a PostgreSQL database."""

from typing import NamedTuple
from zlib import crc32

LOG_LOCK = 0x63686174  # key of the log's lock: "chat" in ASCII, in the space of single keys
TAKE_LOG_LOCK = f"SELECT pg_advisory_xact_lock({LOG_LOCK})"
DATABASE_CLASS = 0x63686174  # first key of the lock on the database, which sessions hold: "chat"
NODE_CLASS = 0x63686E64  # first key of the locks on the names of nodes, likewise: "chnd"


class AdvisoryLock(NamedTuple):
    """A lock of a session; `conflict` is the error message if another session holds it."""

    key: tuple[int, int]
    function: str  # the SQL function that tries to take it
    conflict: str


WHOLE_DATABASE = AdvisoryLock(
    (DATABASE_CLASS, 1),
    "pg_try_advisory_lock",
    "Another server is running on this database (PostgreSQL session {holder}); stop it first.",
)
SHARED_DATABASE = AdvisoryLock(
    (DATABASE_CLASS, 1),
    "pg_try_advisory_lock_shared",
    "Another program needs this database for itself (PostgreSQL session {holder}), such as an upgrade or "
    "`chat-admin db copy`; start the server when it has ended.",
)


def lock_of_node(name: str) -> AdvisoryLock:
    """Return the lock on the name of a node."""
    return AdvisoryLock(
        (NODE_CLASS, crc32(name.encode()) & 0x7FFFFFFF),
        "pg_try_advisory_lock",
        f"Another server named {name!r} is running on this database (PostgreSQL session {{holder}}); stop it, "
        "or give this one another name with the setting `node`.",
    )
