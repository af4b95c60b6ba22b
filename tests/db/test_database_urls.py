"""URLs of PostgreSQL databases with one host or several."""

import pytest
from sqlalchemy.dialects.postgresql import psycopg

from app.db.database import Database, parse_database_url
from app.db.postgresql.hosts import with_connect_timeout
from app.errors import UsageError

SEVERAL = [
    "postgresql://chat:secret@a:5432,b:5433/team",
    "postgresql://chat:secret@/team?host=a:5432&host=b:5433",
    "postgresql://chat:secret@a:5432,b:5433/team?target_session_attrs=read-write",
]


def options(address: str) -> dict[str, object]:
    """Return the options with which the driver connects."""
    url = with_connect_timeout(parse_database_url(address))
    return psycopg.dialect().create_connect_args(url.set(drivername="postgresql+psycopg"))[1]  # type: ignore[no-any-return,no-untyped-call]


@pytest.mark.parametrize("address", SEVERAL)
def test_connections_go_to_the_first_host_that_accepts_writes(address: str) -> None:
    assert options(address) == {
        "user": "chat",
        "password": "secret",
        "dbname": "team",
        "host": "a,b",
        "port": "5432,5433",
        "target_session_attrs": "read-write",
        "connect_timeout": "2",
    }


def test_ports_may_be_left_out() -> None:
    found = options("postgresql://a,b/team?sslmode=verify-full&target_session_attrs=any")
    assert (found["host"], found["sslmode"]) == ("a,b", "verify-full")
    assert found["target_session_attrs"] == "any"


def test_one_host_is_used_as_it_is() -> None:
    assert options("postgresql://chat@[::1]:5433/team") == {
        "user": "chat",
        "dbname": "team",
        "host": "::1",
        "port": 5433,
        "connect_timeout": "5",
    }


@pytest.mark.parametrize("address", SEVERAL)
def test_messages_name_all_hosts_but_no_password(address: str) -> None:
    assert str(Database(parse_database_url(address))) == "postgresql://chat:***@a,b/team"


@pytest.mark.parametrize("address", ["postgresql://a:x,b/team", "postgresql://a:1:2/team"])
def test_malformed_hosts_are_refused(address: str) -> None:
    with pytest.raises(UsageError, match="Cannot parse the database URL"):
        Database(parse_database_url(address))
