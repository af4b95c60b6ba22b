"""Scratch tables beside a database: empty tables of the same names, to replay its log into.

`event` is the stored log itself, because there is no scratch table of that name.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Table

from app.db.models import Base, EventRow


@dataclass(frozen=True, slots=True)
class ScratchTables:
    """A connection with scratch tables, and the SQL in which the dialects differ.

    An unqualified name is that of a scratch table. `scratch` and `stored` are the quoted schemas of
    the scratch tables and of the database.
    """

    connection: Connection
    scratch: str
    stored: str
    differs: str  # the operator that compares values, and treats NULL as a value
    json: str  # the expression that compares JSON, with a placeholder `{column}`


def scratch_tables() -> Sequence[Table]:
    """Return the tables that have a scratch table, each after those that it references."""
    return [table for table in Base.metadata.sorted_tables if table is not EventRow.__table__]
