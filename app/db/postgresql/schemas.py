"""Sets the contents of a PostgreSQL database aside, by renaming the schema that contains them."""

from sqlalchemy import Engine, text

from app.errors import DatabaseRefused

_find_schema = text("SELECT current_schema()")


def set_schema_aside(engine: Engine, name: str) -> str:
    """Rename the schema of a chat database, create an empty one, and return the new name.

    Raises: DatabaseRefused when the user may not do that.
    """
    quote = engine.dialect.identifier_preparer.quote
    with engine.begin() as connection:
        current = str(connection.scalar(_find_schema))
        may_create = connection.scalar(text("SELECT has_database_privilege(current_database(), 'CREATE')"))
        owner = text("SELECT pg_has_role(nspowner, 'MEMBER') FROM pg_namespace WHERE nspname = :name")
        if not (may_create and connection.scalar(owner, {"name": current})):
            raise DatabaseRefused(
                f"This user may not rename the schema {current}; nothing was changed. Connect as the owner "
                "of the database, or restore into an empty one."
            )
        connection.execute(text(f"ALTER SCHEMA {quote(current)} RENAME TO {quote(name)}"))
        connection.execute(text(f"CREATE SCHEMA {quote(current)}"))
    return name


def take_schema_back(engine: Engine, kept: str) -> None:
    """Drop the schema that `set_schema_aside` created, and give the old one its name again."""
    quote = engine.dialect.identifier_preparer.quote
    with engine.begin() as connection:
        current = quote(str(connection.scalar(_find_schema)))
        connection.execute(text(f"DROP SCHEMA {current} CASCADE"))
        connection.execute(text(f"ALTER SCHEMA {quote(kept)} RENAME TO {current}"))
