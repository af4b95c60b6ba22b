"""Makes an SQLite database equal to another one that is attached to its connection.

All is done in SQL, in one transaction that reads one state of the source. `IS NOT` also compares
NULL. Comparing a million events takes about half a second.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from app.db.copying.table_shape import TableShape
from app.db.sqlite.driver import execute_on_driver

_SOURCE = "source"


def attach_source(connection: Connection, path: str) -> None:
    """Attach the database to copy from. The connection has no transaction."""
    execute_on_driver(connection, f"ATTACH ? AS {_SOURCE}", (path,))


def delete_differing(connection: Connection, table: TableShape) -> int:
    """Delete the rows that differ from those of the source; return their number."""
    found = _differing_rows(connection, table, "m.rowid")
    name = table.quoted_name(connection.dialect)
    return execute_on_driver(connection, f"DELETE FROM main.{name} WHERE rowid IN ({found})").rowcount  # noqa: S608


def insert_missing(connection: Connection, table: TableShape) -> int:
    """Insert the rows of the source whose keys are missing; return their number."""
    name, columns = table.quoted_name(connection.dialect), table.column_list(connection.dialect)
    values = ", ".join(f"s.{column}" for column in table.quoted_columns(connection.dialect))
    keys = table.quoted_keys(connection.dialect)
    statement = f"""
        INSERT INTO main.{name} ({columns}) SELECT {values}
        FROM {_SOURCE}.{name} AS s LEFT JOIN main.{name} AS m ON {_equal(keys)}
        WHERE m.{keys[0]} IS NULL
    """  # noqa: S608
    return execute_on_driver(connection, statement).rowcount


def append_rows(connection: Connection, table: TableShape) -> int:
    """Insert the rows of the source whose integer keys are beyond the last; return their number."""
    name, columns = table.quoted_name(connection.dialect), table.column_list(connection.dialect)
    (key,) = table.quoted_keys(connection.dialect)
    statement = f"""
        INSERT INTO main.{name} ({columns}) SELECT {columns} FROM {_SOURCE}.{name}
        WHERE {key} > (SELECT ifnull(max({key}), 0) FROM main.{name}) ORDER BY {key}
    """  # noqa: S608
    return execute_on_driver(connection, statement).rowcount


def find_differing_keys(connection: Connection, table: TableShape) -> Sequence[int]:
    """Return the integer keys of the rows that differ from those of the source."""
    (key,) = table.quoted_keys(connection.dialect)
    found = execute_on_driver(connection, _differing_rows(connection, table, f"m.{key}"))
    return [number for (number,) in found]


def has_lost_rows(connection: Connection, table: TableShape) -> bool:
    """Return whether the source has fewer rows than before, up to the last key."""
    name = table.quoted_name(connection.dialect)
    (key,) = table.quoted_keys(connection.dialect)
    statement = f"""
        SELECT (SELECT count(*) FROM main.{name}) IS NOT (
            SELECT count(*) FROM {_SOURCE}.{name} WHERE {key} <= (SELECT max({key}) FROM main.{name})
        )
    """  # noqa: S608
    return bool(execute_on_driver(connection, statement).fetchone()[0])


def is_same_log(connection: Connection) -> bool:
    """Return whether the source continues this log: it is not shorter, and has the same digest."""
    is_shorter, is_other = execute_on_driver(
        connection,
        f"""
        SELECT
            (SELECT ifnull(max(id), 0) FROM main.event) > (SELECT ifnull(max(id), 0) FROM {_SOURCE}.event),
            EXISTS (
                SELECT 1 FROM main.hash_chain AS m LEFT JOIN {_SOURCE}.hash_chain AS s USING (last_id)
                WHERE last_id = (SELECT max(last_id) FROM main.hash_chain) AND m.digest IS NOT s.digest
            )
        """,  # noqa: S608
    ).fetchone()
    return not is_shorter and not is_other


def is_chain_behind(connection: Connection) -> bool:
    """Return whether the source still builds the hash chain for older events."""
    statement = f"""
        SELECT ifnull((SELECT max(last_id) FROM {_SOURCE}.hash_chain), 0)
            < ifnull((SELECT max(id) FROM {_SOURCE}.event), 0)
    """  # noqa: S608
    return bool(execute_on_driver(connection, statement).fetchone()[0])


def has_new_kind(connection: Connection, last_id: int, kind: str) -> bool:
    """Return whether the source has an event of a kind after a position."""
    statement = f"SELECT EXISTS (SELECT 1 FROM {_SOURCE}.event WHERE id > ? AND kind = ?)"  # noqa: S608
    return bool(execute_on_driver(connection, statement, (last_id, kind)).fetchone()[0])


def read_source_revision(connection: Connection) -> str:
    """Return the schema revision of the source."""
    statement = f"SELECT version_num FROM {_SOURCE}.alembic_version"  # noqa: S608
    return str(execute_on_driver(connection, statement).fetchone()[0])


def _differing_rows(connection: Connection, table: TableShape, value: str) -> str:
    name, keys = table.quoted_name(connection.dialect), table.quoted_keys(connection.dialect)
    others = [column for column in table.quoted_columns(connection.dialect) if column not in keys]
    different = [f"s.{keys[0]} IS NULL", *(f"m.{column} IS NOT s.{column}" for column in others)]
    return f"""
        SELECT {value} FROM main.{name} AS m LEFT JOIN {_SOURCE}.{name} AS s ON {_equal(keys)}
        WHERE {" OR ".join(different)}
    """  # noqa: S608


def _equal(keys: Sequence[str]) -> str:
    return " AND ".join(f"m.{key} = s.{key}" for key in keys)
