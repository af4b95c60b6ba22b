"""Removes deleted rows from a PostgreSQL database, once no transaction can see them any more."""

import time
from contextlib import closing

from sqlalchemy import Engine, text

WAIT_SECONDS = 10.0  # for older transactions to end
RETRY_SECONDS = 0.1

_NEXT = text("SELECT CAST(pg_current_xact_id() AS text)")
# VACUUM keeps what a transaction from before this one may see: of a session, a standby, or one that
# is prepared.
_MAY_BE_SEEN = text("""
    SELECT EXISTS (
        SELECT FROM (
            SELECT unnest(ARRAY[backend_xmin, backend_xid]) AS first FROM pg_stat_activity
            WHERE pid <> pg_backend_pid() AND (datname = current_database() OR backend_type = 'walsender')
            UNION ALL SELECT xmin FROM pg_replication_slots
            UNION ALL SELECT transaction FROM pg_prepared_xacts WHERE database = current_database()
        ) AS others
        WHERE age(first) > age(CAST(CAST(:next AS xid8) AS xid))
    )
""")


def remove_dead_rows(engine: Engine) -> bool:
    """Run VACUUM, which removes old versions of rows from tables and indexes.

    Return False, and do nothing, if a transaction that began before may still see them.
    """
    with closing(engine.connect().execution_options(isolation_level="AUTOCOMMIT")) as connection:
        following = connection.execute(_NEXT).scalar_one()
        deadline = time.monotonic() + WAIT_SECONDS
        while connection.execute(_MAY_BE_SEEN, {"next": following}).scalar_one():
            if time.monotonic() >= deadline:
                return False
            time.sleep(RETRY_SECONDS)
        connection.execute(text("VACUUM"))
    return True
