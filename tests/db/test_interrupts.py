"""Ctrl-C while SQLite calls a Python function ends the statement with KeyboardInterrupt."""

import signal
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import Connection, text

from app.db.database import Database, parse_database_url
from app.db.fulltext import fulltext_of
from app.db.sqlite.driver import execute_many_on_driver, execute_on_driver
from app.interrupts import forget_interrupts, note_interrupts


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    """A connection with the SQL function `press`, which presses Ctrl-C."""
    before = signal.getsignal(signal.SIGINT)
    note_interrupts()
    database = Database(parse_database_url(str(tmp_path / "chat.db")))
    with database.engine.connect() as connection:
        driver = cast(sqlite3.Connection, connection.connection.driver_connection)
        driver.create_function("press", 0, lambda: signal.raise_signal(signal.SIGINT))
        yield connection
        forget_interrupts()
    database.close()
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize(
    "execute",
    [
        lambda connection: connection.execute(text("SELECT press()")).all(),
        lambda connection: execute_on_driver(connection, "SELECT press()"),
        lambda connection: execute_many_on_driver(connection, "INSERT INTO t SELECT press() WHERE ?", [(1,)]),
    ],
)
def test_an_interrupted_function_raises_keyboard_interrupt(
    connection: Connection, execute: Callable[[Connection], object]
) -> None:
    connection.exec_driver_sql("CREATE TEMP TABLE t (c)")
    with pytest.raises(KeyboardInterrupt):
        execute(connection)


def test_an_interrupted_search_is_not_reported_as_slow(connection: Connection) -> None:
    with pytest.raises(KeyboardInterrupt), fulltext_of(connection).time_limited(connection, 60):
        connection.execute(text("SELECT press()")).all()


def test_an_error_without_an_interrupt_stays_an_error(connection: Connection) -> None:
    with pytest.raises(Exception, match="no such table"):
        connection.execute(text("SELECT * FROM missing"))
