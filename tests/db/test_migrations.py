"""The schema comes from the migrations, and a database that is not ours stays as it was."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import URL, inspect, text

from app.clock import Clock
from app.db import migrate, revisions, schema
from app.db.database import Database, parse_database_url
from app.db.fulltext import fulltext_of
from app.db.log import read_after
from app.db.models import Base
from app.errors import DatabaseRefused, StorageError
from app.events import Event, Kind
from tests.story import record_now

ROOT = Path(__file__).parents[2]


@pytest.fixture
def fresh(empty_url: URL) -> Iterator[Database]:
    """A database with nothing in it."""
    database = Database(empty_url)
    yield database
    database.close()


def execute(path: Path, *statements: str) -> Path:
    """Make an SQLite file by hand."""
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return path


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder and its bytes."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_from_nothing_up_the_schema_is_what_the_models_say(fresh: Database) -> None:
    assert schema.inspect_database(fresh) == (schema.DatabaseState.MISSING, None)
    assert schema.prepare_database(fresh) is None
    with fresh.engine.connect() as connection:
        assert migrate.differences(connection) == []
        tables = {name for name in inspect(connection).get_table_names() if "spoken_index" not in name}
        assert tables == {*Base.metadata.tables, "alembic_version"}
    assert schema.inspect_database(fresh) == (schema.DatabaseState.CURRENT, revisions.head())


def test_the_names_of_the_migrations_are_their_revisions_in_order() -> None:
    scripts = ScriptDirectory.from_config(migrate.config())
    assert revisions.known() == [script.revision for script in scripts.walk_revisions()][::-1]
    assert scripts.get_heads() == [revisions.head()]


def test_a_start_on_a_database_that_is_ready_does_not_load_what_migrates(tmp_path: Path) -> None:
    url = str(tmp_path / "chat.db")
    program = (
        "import sys; from app.db.database import Database, url_of; from app.db import schema; "
        f"schema.prepare(Database(url_of({url!r}))); print('alembic' in sys.modules)"
    )
    loaded = [subprocess.check_output([sys.executable, "-c", program], cwd=ROOT, text=True) for _ in "12"]
    assert loaded == ["True\n", "False\n"]


def test_preparing_twice_changes_nothing(fresh: Database) -> None:
    schema.prepare_database(fresh)
    assert schema.prepare_database(fresh) is None


def test_each_revision_can_be_undone(fresh: Database) -> None:
    schema.prepare_database(fresh)
    settings = migrate.config()
    with fresh.engine.begin() as connection:
        settings.attributes["connection"] = connection
        migrate.command.downgrade(settings, "base")
        assert inspect(connection).get_table_names() == ["alembic_version"]
    assert schema.inspect_database(fresh) == (schema.DatabaseState.MISSING, None)
    schema.prepare_database(fresh)
    assert schema.inspect_database(fresh) == (schema.DatabaseState.CURRENT, revisions.head())


def alembic(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Alembic as a shell would."""
    command = [sys.executable, "-m", "alembic", "-c", str(ROOT / "alembic.ini"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_alembic_from_a_shell_does_the_same(tmp_path: Path) -> None:
    path = tmp_path / "chat.db"
    assert alembic("-x", f"db={path}", "upgrade", "head").returncode == 0
    assert path.stat().st_mode & 0o777 == 0o600
    database = Database(parse_database_url(str(path)))
    assert schema.inspect_database(database) == (schema.DatabaseState.CURRENT, revisions.head())
    database.close()


def test_alembic_from_a_shell_refuses_a_strangers_file_too(tmp_path: Path) -> None:
    path = execute(tmp_path / "their.db", "CREATE TABLE song (title TEXT)")
    before = contents(tmp_path)
    done = alembic("-x", f"db={path}", "upgrade", "head")
    assert (done.returncode, done.stdout) == (1, "")
    assert "a database of another program" in done.stderr
    assert "Traceback" not in done.stderr
    assert contents(tmp_path) == before


def test_a_new_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    database = Database(parse_database_url(str(tmp_path / "chat.db")))
    schema.prepare_database(database)
    database.close()
    assert (tmp_path / "chat.db").stat().st_mode & 0o777 == 0o600


def test_a_folder_that_does_not_exist_is_a_sentence(tmp_path: Path) -> None:
    database = Database(parse_database_url(str(tmp_path / "nowhere" / "chat.db")))
    with pytest.raises(StorageError, match=r"cannot be made \(No such file or directory\)"):
        schema.prepare_database(database)


REFUSED = {
    "foreign": (["CREATE TABLE song (title TEXT)"], "a database of another program"),
    "legacy": (
        [
            'CREATE TABLE "User" (UserId INTEGER PRIMARY KEY, UserName TEXT, UserPassword TEXT)',
            "CREATE TABLE message (MessageId INTEGER PRIMARY KEY, MessageTime INTEGER)",
        ],
        "import-legacy",
    ),
    "legacy lower case": (
        ['CREATE TABLE "user" (UserId INTEGER)', "CREATE TABLE message (MessageId INTEGER)"],
        "import-legacy",
    ),
    "no version": (
        [
            *("CREATE TABLE event (id INTEGER)", "CREATE TABLE room (id INTEGER)"),
            *("CREATE TABLE account (id INTEGER)", "CREATE TABLE alembic_version (version_num TEXT)"),
        ],
        "a database of another program",
    ),
    "newer": (
        [
            "CREATE TABLE event (id INTEGER)",
            "CREATE TABLE room (id INTEGER)",
            "CREATE TABLE account (id INTEGER)",
            "CREATE TABLE alembic_version (version_num TEXT)",
            "INSERT INTO alembic_version VALUES ('9999')",
        ],
        r"written by a newer version \(schema 9999\)",
    ),
}


@pytest.mark.parametrize("wal", [False, True], ids=["plain", "wal"])
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_ours_is_refused_and_not_a_byte_changes(name: str, wal: bool, tmp_path: Path) -> None:
    statements, sentence = REFUSED[name]
    mode = ["PRAGMA journal_mode=WAL"] if wal else []
    path = execute(tmp_path / "their.db", *mode, *statements)
    before = contents(tmp_path)
    database = Database(parse_database_url(str(path)))
    with pytest.raises(DatabaseRefused, match=sentence):
        schema.prepare_database(database)
    database.close()
    assert contents(tmp_path) == before


@pytest.mark.parametrize("content", [b"hello", b"SQLite format 3\0", b"\0" * 5000])
def test_a_file_that_is_no_database_is_refused_untouched(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "letter.db"
    path.write_bytes(content)
    database = Database(parse_database_url(str(path)))
    with pytest.raises(DatabaseRefused, match="nothing was changed"):
        schema.prepare_database(database)
    database.close()
    assert contents(tmp_path) == {"letter.db": content}


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatabaseRefused, match="is a folder"):
        schema.prepare_database(Database(parse_database_url(str(tmp_path))))


def test_a_database_of_others_on_postgresql_is_refused(fresh: Database) -> None:
    if fresh.dialect.name == "sqlite":
        schema.prepare_database(fresh)
    with fresh.engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS event"))
        connection.execute(text("CREATE TABLE song (title TEXT)"))
    with pytest.raises(DatabaseRefused, match="another program"):
        schema.prepare_database(fresh)


@pytest.fixture
def older(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Database:
    """A database of a schema before the newest, which a migration of the test follows."""
    database = Database(parse_database_url(str(tmp_path / "chat.db")))
    schema.prepare_database(database)
    scripts = tmp_path / "migrations"
    (scripts / "versions").mkdir(parents=True)
    for source in revisions.scripts_folder().rglob("*.py"):
        (scripts / source.relative_to(revisions.scripts_folder())).write_text(source.read_text())
    (scripts / "versions" / "9999_next.py").write_text(
        f"from alembic import op\nrevision = '9999'\ndown_revision = '{revisions.head()}'\n"
        "def upgrade():\n    op.execute('CREATE TABLE extra (id INTEGER)')\n"
    )
    monkeypatch.setattr(revisions, "scripts_folder", lambda: scripts)
    return database


def test_an_older_database_is_copied_before_it_is_upgraded(older: Database, tmp_path: Path) -> None:
    state, revision = schema.inspect_database(older)
    assert state is schema.DatabaseState.OLDER
    copy = schema.prepare_database(older)
    older.close()
    assert copy == tmp_path / f"chat.db.before-upgrade-from-{revision}"
    assert copy.stat().st_mode & 0o777 == 0o600
    assert schema.inspect_database(Database(parse_database_url(str(copy)))) == (
        schema.DatabaseState.OLDER,
        revision,
    )
    assert schema.inspect_database(older) == (schema.DatabaseState.CURRENT, "9999")


def test_an_earlier_copy_is_never_overwritten(older: Database, tmp_path: Path) -> None:
    revision = schema.inspect_database(older)[1]
    (tmp_path / f"chat.db.before-upgrade-from-{revision}").write_text("precious")
    with pytest.raises(StorageError, match="is in the way"):
        schema.prepare_database(older)
    older.close()
    assert schema.inspect_database(older)[0] is schema.DatabaseState.OLDER


def downgrade(database: Database, revision: str) -> None:
    """Take the schema back to an older revision."""
    settings = migrate.config()
    with database.engine.begin() as connection:
        settings.attributes["connection"] = connection
        migrate.command.downgrade(settings, revision)


# The first, and the last two whose index ended with a whole step, of 512 rows or of 64.
@pytest.mark.parametrize("revision", ["0001", "0012", "0013"])
def test_a_database_with_data_comes_up_from_an_older_schema(fresh: Database, revision: str) -> None:
    schema.prepare_database(fresh)
    row = Event(
        Kind.PRIVMSG, room=1, session=2, nick="anna", user="a", host="h", target="#tea", text="Привет"
    )
    topic = Event(Kind.TOPIC, room=1, session=2, nick="anna", user="a", host="h", text="привет")
    record_now(fresh, Clock(), [row, topic, *(Event(Kind.VOID) for _ in range(600))])
    downgrade(fresh, revision)
    assert schema.inspect_database(fresh) == (schema.DatabaseState.OLDER, revision)
    schema.prepare_database(fresh)
    assert schema.inspect_database(fresh) == (schema.DatabaseState.CURRENT, revisions.head())
    with fresh.engine.connect() as connection:
        assert [event.text for event in read_after(connection, 0, 2)] == ["Привет", "привет"]
        (found,) = fulltext_of(connection).candidates(["приВЕТ"], newest=True)[-1:]
        assert [hit.text for hit in connection.execute(found)] == ["Привет"]
        assert migrate.differences(connection) == []


@pytest.mark.parametrize("is_indexed", [False, True])
def test_an_older_schema_has_whole_steps_in_its_index(fresh: Database, is_indexed: bool) -> None:
    if fresh.dialect.name != "sqlite":
        pytest.skip("PostgreSQL keeps its indexes itself")
    schema.prepare_database(fresh)
    said = [Event(Kind.PRIVMSG, room=1, nick="anna", text=f"hello {number}") for number in range(100)]
    record_now(fresh, Clock(), said)
    if is_indexed:
        with fresh.locked() as connection:
            assert fulltext_of(connection).extend(connection) == 100
    downgrade(fresh, "0013")
    with fresh.engine.connect() as connection:
        indexed = connection.execute(
            text("SELECT rowid FROM spoken_index WHERE spoken_index MATCH :letters"), {"letters": '"hel"'}
        )
        assert list(indexed.scalars()) == list(range(1, 65))
