"""Checks of the PostgreSQL server: durability, standbys, idle transactions and connections."""

from collections.abc import Iterator

from app.db.postgresql.server_settings import PostgreSQLSettings
from app.services.checks.finding import CheckResult, Finding

CONNECTIONS_PER_NODE = 18  # one that appends, one that listens, one that indexes, and a pool of 15
SPARE_CONNECTIONS = 10  # for chat-admin, backups and monitoring


def check_postgresql(settings: PostgreSQLSettings, nodes: int) -> CheckResult:
    """Check the settings of the PostgreSQL server for a number of chat servers."""
    standbys = settings.asynchronous_standbys + settings.synchronous_standbys
    summary = f"{settings.usable_connections} connections, {standbys} standbys"
    findings = [
        *_find_durability_problems(settings),
        *_find_standby_problems(settings),
        *_find_capacity_problems(settings, nodes),
    ]
    return CheckResult("postgresql", summary, findings)


def _find_durability_problems(settings: PostgreSQLSettings) -> Iterator[Finding]:
    if not settings.has_fsync:
        yield Finding(
            "The setting fsync of PostgreSQL is off: a crash of its machine can destroy the database.",
            "Run `ALTER SYSTEM SET fsync = on; SELECT pg_reload_conf();`.",
        )
    if not settings.has_durable_commits:
        yield Finding(
            "synchronous_commit is off on connections of the chat, although it asks for `on`: messages that "
            "were shown can be lost.",
            "Connect to PostgreSQL directly, or have the pooler pass on the connection parameter `options`.",
        )


def _find_standby_problems(settings: PostgreSQLSettings) -> Iterator[Finding]:
    if settings.asynchronous_standbys and not settings.requires_standby:
        yield Finding(
            "All standbys are asynchronous: after a failover, messages that were shown can be missing.",
            "Name at least one in synchronous_standby_names, for example `ANY 1 (*)`.",
        )
    if settings.requires_standby and settings.asynchronous_standbys and not settings.synchronous_standbys:
        yield Finding(
            "No standby in synchronous_standby_names is connected, so every message waits for one.",
            "Start it, or correct the names: they are the application_name of the standbys.",
        )


def _find_capacity_problems(settings: PostgreSQLSettings, nodes: int) -> Iterator[Finding]:
    needed = nodes * CONNECTIONS_PER_NODE + SPARE_CONNECTIONS
    if settings.usable_connections < needed:
        yield Finding(
            f"PostgreSQL accepts {settings.usable_connections} connections, and {nodes} chat servers use up to "
            f"{needed}, with those for administration.",
            f"Set max_connections to at least {needed + 3}, and restart PostgreSQL.",
        )
    if nodes > 1 and not settings.idle_in_transaction_timeout_ms:
        yield Finding(
            "PostgreSQL never ends an idle transaction: a program that is stopped while it changes the chat, "
            "such as chat-admin, makes all servers wait.",
            "Run `ALTER SYSTEM SET idle_in_transaction_session_timeout = '1min'; SELECT pg_reload_conf();`.",
        )
