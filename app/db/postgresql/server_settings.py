"""The settings of a PostgreSQL server on which the chat depends."""

from dataclasses import dataclass

from sqlalchemy import Connection, text

_SETTINGS = text("""
    SELECT current_setting('fsync') = 'on',
           current_setting('synchronous_commit') <> 'off',
           current_setting('synchronous_standby_names') <> '',
           (SELECT setting::bigint FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout'),
           current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
""")
_STANDBYS = text("""
    SELECT count(*) FILTER (WHERE sync_state = 'async'), count(*) FILTER (WHERE sync_state <> 'async')
      FROM pg_stat_replication WHERE state IN ('streaming', 'catchup')
       AND application_name NOT IN ('pg_receivewal', 'pg_basebackup')
""")


@dataclass(frozen=True, slots=True)
class PostgreSQLSettings:
    """The settings as they apply to a connection of the chat, and the standbys.

    Only roles with the privileges of `pg_monitor` see the standbys.
    """

    has_fsync: bool
    has_durable_commits: bool
    requires_standby: bool  # commits wait for a synchronous standby
    idle_in_transaction_timeout_ms: int  # 0: none
    usable_connections: int  # by roles that are not superusers
    asynchronous_standbys: int
    synchronous_standbys: int


def read_server_settings(connection: Connection) -> PostgreSQLSettings:
    """Read the settings of the PostgreSQL server."""
    return PostgreSQLSettings(*connection.execute(_SETTINGS).one(), *connection.execute(_STANDBYS).one())
