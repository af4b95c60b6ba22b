"""Creates and drops views, and lists their columns."""

from typing import Any

from sqlalchemy import Connection, Select, inspect, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import DDLElement

Query = Select[*tuple[Any, ...]]


class CreateView(DDLElement):
    """CREATE VIEW, or CREATE OR REPLACE VIEW on PostgreSQL."""

    inherit_cache = False

    def __init__(self, name: str, query: Query) -> None:
        self.name = name
        self.query = query


@compiles(CreateView, "sqlite")
def _create_on_sqlite(element: CreateView, compiler: Any, **options: Any) -> str:
    return f"CREATE VIEW {element.name} AS {_render(element, compiler)}"


@compiles(CreateView, "postgresql")
def _create_on_postgresql(element: CreateView, compiler: Any, **options: Any) -> str:
    """Return the statement of a view whose conditions no function in a query can bypass."""
    columns = ", ".join(defined_columns(element.query))
    head = f"CREATE OR REPLACE VIEW {element.name} ({columns}) WITH (security_barrier)"
    return f"{head} AS {_render(element, compiler)}"


def _render(element: CreateView, compiler: Any) -> str:
    return str(compiler.sql_compiler.process(element.query, literal_binds=True))


def replaces_views(connection: Connection) -> bool:
    """Return whether the database can replace a view, and change a table that a view refers to."""
    return connection.dialect.name == "postgresql"


def create_view(connection: Connection, name: str, query: Query) -> None:
    """Create a view, or replace it on PostgreSQL."""
    connection.execute(CreateView(name, query))


def drop_view(connection: Connection, name: str) -> None:
    """Drop a view if it exists."""
    connection.execute(text(f"DROP VIEW IF EXISTS {name}"))


def defined_columns(query: Query) -> list[str]:
    """Return the names of the columns of a view."""
    return [column.name for column in query.selected_columns]


def stored_columns(connection: Connection, name: str) -> list[str]:
    """Return the names of the columns that a view in the database has."""
    return [column["name"] for column in inspect(connection).get_columns(name)]
