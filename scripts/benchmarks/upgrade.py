"""Measures the upgrade of a database from the first schema: python -m scripts.benchmarks.upgrade.

Fills a database of schema 0001 with messages, as the first version stored them, and upgrades it
with `chat-admin db upgrade`, step by step. The figures are in docs/upgrading.md.
"""

import argparse
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection, column, insert, table
from sqlalchemy.sql.expression import TableClause

from app.db.database import Database, parse_database_url
from app.db.migration import revisions

ROOT = Path(__file__).parents[2]
FIRST = "0001"
BATCH_ROWS = 10_000
ROOMS = 20
PEOPLE = 100
WORDS = 5_000
START = 1_700_000_000_000  # milliseconds since the Unix epoch
EVENT = ("id", "kind", "at", "room_id", "session_id", "nick", "user", "host", "account", "target", "text")
ROOM = ("id", "name", "key", "topic", "topic_by", "modes", "official", "created")


def fill(connection: Connection, messages: int) -> None:
    """Insert rooms with messages of 3 to 20 words; every twentieth event is a join."""
    dice = random.Random(1)
    rooms = [
        {"id": number, "name": f"#room{number}", "key": f"#room{number}", "topic": "", "topic_by": ""}
        | {"modes": "nt", "official": True, "created": START}
        for number in range(1, ROOMS + 1)
    ]
    connection.execute(insert(_table("room", ROOM)), rooms)
    rows = _events(dice, messages)
    while batch := list(islice(rows, BATCH_ROWS)):
        connection.execute(insert(_table("event", EVENT)), batch)


def _table(name: str, columns: tuple[str, ...]) -> TableClause:
    return table(name, *(column(one) for one in columns))


def _events(dice: random.Random, messages: int) -> Iterator[dict[str, object]]:
    words = ["".join(dice.choices("etaoinshrdlu", k=dice.randint(2, 9))) for _ in range(WORDS)]
    for number in range(1, messages + 1):
        person, room = dice.randrange(PEOPLE), dice.randint(1, ROOMS)
        is_join = number % 20 == 0
        yield {
            "id": number,
            "kind": "joined" if is_join else "privmsg",
            "at": START + number * 100,
            "room_id": room,
            "session_id": person,
            "nick": f"person{person}",
            "user": "~person",
            "host": "192.0.2.1",
            "account": f"person{person}" if person % 2 else None,
            "target": None if is_join else f"#room{room}",
            "text": None if is_join else " ".join(dice.choices(words, k=dice.randint(3, 20))),
        }


def make(dbname: str, messages: int) -> None:
    """Create a database of the first schema and fill it."""
    alembic = [sys.executable, "-m", "alembic", "-c", str(ROOT / "alembic.ini"), "-x", f"db={dbname}"]
    subprocess.run([*alembic, "upgrade", FIRST], cwd=ROOT, check=True, capture_output=True)
    database = Database(parse_database_url(dbname))
    with closing(database), database.engine.begin() as connection:
        fill(connection, messages)


def run(dbname: str, *arguments: str) -> str:
    """Run chat-admin, and return how long it took, of which how long on the processor."""
    program = "from app.cli.admin import main; main()"
    start, before = time.perf_counter(), _processor_seconds()
    subprocess.run([sys.executable, "-c", program, "-d", dbname, *arguments], cwd=ROOT, check=True)
    return f"{time.perf_counter() - start:.1f} s ({_processor_seconds() - before:.1f} s of CPU)"


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def size(dbname: str) -> str:
    """Return the size of a database in MB."""
    database = Database(parse_database_url(dbname))
    with closing(database), database.engine.connect() as connection:
        return f"{database.dialect.size(connection) / 1e6:.0f} MB"


def main() -> None:
    """Measure, and print one line for each step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dbname", help="an SQLite file or a PostgreSQL URL; must not exist or be empty")
    parser.add_argument("--messages", type=int, default=1_000_000)
    given = parser.parse_args()
    make(given.dbname, given.messages)
    print(f"schema {FIRST}, {given.messages:,} events: {size(given.dbname)}", flush=True)
    print(f"upgrade to {revisions.head()}: {run(given.dbname, 'db', 'upgrade')}, {size(given.dbname)}")
    print(f"search index: {run(given.dbname, 'db', 'reindex')}, {size(given.dbname)}")
    print(f"db check: {run(given.dbname, 'db', 'check')}", flush=True)


if __name__ == "__main__":
    main()
