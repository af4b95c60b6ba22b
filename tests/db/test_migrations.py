"""Migrations produce the schema of the models, and keep the data of older schemas."""

import subprocess
import sys
from pathlib import Path
from unicodedata import normalize

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, select, text

from app.clock import Clock
from app.db.database import Database, parse_database_url
from app.db.fulltext import fulltext_of
from app.db.log_page import read_after
from app.db.migration import migrate, revisions, schema
from app.db.models import Base, RoomMaskRow
from app.errors import StorageError
from app.events import Event, Kind, PasswordHashes
from app.events.data import CreatedData, MetadataChangeData, ModeData, RegisteredData
from app.services import metadata
from app.services.accounts.accounts import registration_event
from app.services.history.last_visits import find_last_position
from tests.postgres import Postgres
from tests.postgres_proxy import Loss, open_proxy
from tests.story import record_now

ROOT = Path(__file__).parents[2]


def test_migrations_produce_the_schema_of_the_models(fresh: Database) -> None:
    assert schema.inspect_database(fresh) == (schema.DatabaseState.MISSING, None)
    assert schema.prepare_database(fresh) is None
    with fresh.engine.connect() as connection:
        assert migrate.differences(connection) == []
        tables = {name for name in inspect(connection).get_table_names() if "spoken_index" not in name}
        assert tables == {*Base.metadata.tables, "alembic_version"}
    assert schema.inspect_database(fresh) == (schema.DatabaseState.CURRENT, revisions.head())


def test_migration_file_names_give_the_revisions_in_order() -> None:
    scripts = ScriptDirectory.from_config(migrate.config())
    assert revisions.known() == [script.revision for script in scripts.walk_revisions()][::-1]
    assert scripts.get_heads() == [revisions.head()]


def test_alembic_is_not_loaded_for_a_current_database(tmp_path: Path) -> None:
    url = str(tmp_path / "chat.db")
    program = (
        "import sys; from app.db.database import Database, parse_database_url; from app.db.migration import schema; "
        f"schema.prepare_database(Database(parse_database_url({url!r}))); print('alembic' in sys.modules)"
    )
    loaded = [subprocess.check_output([sys.executable, "-c", program], cwd=ROOT, text=True) for _ in "12"]
    assert loaded == ["True\n", "False\n"]


def test_preparing_twice_changes_nothing(fresh: Database) -> None:
    schema.prepare_database(fresh)
    assert schema.prepare_database(fresh) is None


def test_every_revision_can_be_downgraded(fresh: Database) -> None:
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
    """Run the `alembic` command."""
    command = [sys.executable, "-m", "alembic", "-c", str(ROOT / "alembic.ini"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_alembic_command_creates_the_same_schema(tmp_path: Path) -> None:
    path = tmp_path / "chat.db"
    assert alembic("-x", f"db={path}", "upgrade", "head").returncode == 0
    assert path.stat().st_mode & 0o777 == 0o600
    database = Database(parse_database_url(str(path)))
    assert schema.inspect_database(database) == (schema.DatabaseState.CURRENT, revisions.head())
    database.close()


def downgrade(database: Database, revision: str) -> None:
    """Downgrade the schema to an older revision."""
    settings = migrate.config()
    with database.engine.begin() as connection:
        settings.attributes["connection"] = connection
        migrate.command.downgrade(settings, revision)


# The first revision, and the last with index steps of 512 rows and of 64 rows.
@pytest.mark.parametrize("revision", ["0001", "0012", "0013"])
def test_database_with_data_is_upgraded_from_older_schemas(fresh: Database, revision: str) -> None:
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
        assert [event.text for event in read_after(connection, 0, 2).events] == ["Привет", "привет"]
        assert look_up(connection, "приВЕТ") == ["Привет"]
        assert migrate.differences(connection) == []


def test_tables_of_a_replication_tool_are_no_difference(fresh: Database) -> None:
    schema.prepare_database(fresh)
    with fresh.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER)")
        connection.exec_driver_sql("CREATE TABLE other (id INTEGER PRIMARY KEY)")
        (difference,) = migrate.differences(connection)
        assert "'other'" in difference


def look_up(connection: Connection, word: str) -> list[str | None]:
    """Return the texts of the messages that may contain a word."""
    found = [connection.execute(query) for query in fulltext_of(connection).candidates([word], newest=True)]
    return [row.text for rows in found for row in rows]


@pytest.mark.parametrize("loss", Loss)
def test_an_upgrade_whose_commit_is_lost_can_be_repeated(loss: Loss, postgres: Postgres) -> None:
    with postgres.database("template0") as url, open_proxy(url) as (proxy, address):
        fresh = Database(address)
        proxy.lose(loss)
        if loss is Loss.STATEMENT:
            with pytest.raises(StorageError, match="the change was not made"):
                schema.prepare_database(fresh)
            assert schema.inspect_database(fresh) == (schema.DatabaseState.MISSING, None)
        schema.prepare_database(fresh)
        assert proxy.losses == 1
        assert schema.inspect_database(fresh) == (schema.DatabaseState.CURRENT, revisions.head())
        fresh.close()


@pytest.mark.parametrize("loss", [Loss.ANSWER, Loss.STATEMENT])
def test_an_upgrade_of_unknown_outcome_can_be_repeated(
    loss: Loss, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.db.database.RECONNECT_SECONDS", 0)
    with postgres.database("template0") as url, open_proxy(url) as (proxy, address):
        fresh = Database(address)
        proxy.lose(loss)
        proxy.refuses_after_loss = True
        with pytest.raises(StorageError, match="was lost while its schema was upgraded"):
            schema.prepare_database(fresh)
        proxy.refuses_after_loss = False
        schema.prepare_database(fresh)
        assert schema.inspect_database(fresh) == (schema.DatabaseState.CURRENT, revisions.head())
        fresh.close()


def test_visits_that_ended_before_the_table_existed_are_known(fresh: Database) -> None:
    schema.prepare_database(fresh)
    created = Event(Kind.CREATED, room=1, nick="anna", target="#tea", data=CreatedData("", True, None))
    anna = [Event(kind, room=1, session=7, nick="Änna", host="h") for kind in (Kind.PARTED, Kind.QUIT)]
    said = Event(Kind.PRIVMSG, room=1, nick="anna", text="meanwhile")
    bob = Event(Kind.QUIT, room=1, session=8, nick="bob", host="h")
    record_now(fresh, Clock(), [created, *anna, said, bob])
    downgrade(fresh, "0015")
    schema.prepare_database(fresh)
    with fresh.engine.connect() as connection:
        found = {nick: find_last_position(connection, 1, (f"{nick}!h",)) for nick in ("änna", "bob", "carol")}
    assert found == {"änna": 3, "bob": 5, "carol": None}


def test_an_index_of_unfolded_text_is_replaced(fresh: Database) -> None:
    schema.prepare_database(fresh)
    said = "crème brûlée in der Straße"
    record_now(fresh, Clock(), [Event(Kind.PRIVMSG, room=1, nick="anna", text=normalize("NFD", said))])
    downgrade(fresh, "0016")
    if fresh.dialect.name == "sqlite":
        with fresh.engine.begin() as connection:
            connection.exec_driver_sql("INSERT INTO spoken_index (rowid, text) SELECT id, text FROM event")
            connection.exec_driver_sql("UPDATE spoken_index_end SET position = 1")
    schema.prepare_database(fresh)
    for _ in range(2):
        with fresh.engine.connect() as connection:
            assert [
                len(look_up(connection, word)) for word in ("crème", "BRU\u0302LE\u0301E", "STRASSE")
            ] == [1] * 3
            assert look_up(connection, "creme") == look_up(connection, "xyz")
        with fresh.locked() as connection:
            fulltext_of(connection).extend(connection)
    assert look_up_indexed(fresh, "\u0300me") == []


def look_up_indexed(database: Database, word: str) -> list[str | None]:
    """Return the texts of the messages that the index alone finds."""
    with database.engine.connect() as connection:
        query = fulltext_of(connection).candidates([word], newest=True)[-1]
        return [row.text for row in connection.execute(query)]


@pytest.mark.parametrize("is_indexed", [False, True])
def test_downgraded_index_ends_at_a_complete_step(fresh: Database, is_indexed: bool) -> None:
    if fresh.dialect.name != "sqlite":
        pytest.skip("the index of SQLite had another form")
    schema.prepare_database(fresh)
    messages = [Event(Kind.PRIVMSG, room=1, nick="anna", text=f"hello {number}") for number in range(100)]
    record_now(fresh, Clock(), messages)
    if is_indexed:
        with fresh.locked() as connection:
            assert fulltext_of(connection).extend(connection) == 100
    downgrade(fresh, "0013")
    with fresh.engine.connect() as connection:
        indexed = connection.execute(
            text("SELECT rowid FROM spoken_index WHERE spoken_index MATCH :letters"), {"letters": '"hel"'}
        )
        assert list(indexed.scalars()) == list(range(1, 65))


def test_malformed_masks_are_removed_and_shown_as_one_parameter(fresh: Database) -> None:
    schema.prepare_database(fresh)
    masks = ["x y!*@*", ":x!*@*", "~m:~a::x", "~a:x y", "*!*@*", "~m:bob!*@2001:db8::1", "a:b"]
    room = Event(Kind.CREATED, room=1, nick="anna", target="#tea", data=CreatedData("", True, None))
    modes = [
        Event(
            Kind.MODE,
            room=1,
            nick="anna",
            target="#tea",
            text=f"+b{letters} {mask} x y",
            data=ModeData([("+", "b", mask, None), *(("+", letter, "x y", None) for letter in letters)]),
        )
        for mask, letters in zip(masks, "eIgeIeI", strict=True)
    ]
    record_now(fresh, Clock(), [room, *modes])
    downgrade(fresh, "0014")
    schema.prepare_database(fresh)
    with fresh.engine.connect() as connection:
        kept = connection.execute(select(RoomMaskRow.mode, RoomMaskRow.mask).order_by(RoomMaskRow.mask)).all()
        assert sorted(kept) == [("b", "*!*@*"), ("b", "a:b"), ("b", "~m:bob!*@2001:db8::1"), ("g", "x y")]
        texts = [event.text for event in read_after(connection, 1, 10).events]
    assert texts == [
        "+be x_y!*@* x_y",
        "+bI x!*@* x_y",
        "+bg ~m:~a::x x y",
        "+be ~a:x_y x_y",
        "+bI *!*@* x_y",
        "+be ~m:bob!*@2001:db8::1 x_y",
        "+bI a:b x_y",
    ]


def test_public_values_of_keys_that_are_private_now_are_deleted(fresh: Database) -> None:
    schema.prepare_database(fresh)
    account = registration_event(Clock(), "anna", PasswordHashes("x", "x"))
    party = f"a{RegisteredData.of(account).id}"
    room = Event(Kind.CREATED, room=1, nick="anna", target="#tea", data=CreatedData("", True, None))
    keys = ("soju.im/pinned", "soju.im/muted", "color")
    own = [MetadataChangeData(key, "anna", party) for key in keys]
    events = [
        Event(Kind.METADATA, nick="s", account="anna", target="anna", text="1", data=data) for data in own
    ]
    events += [
        Event(Kind.METADATA, room=1, nick="s", text="1", data=MetadataChangeData(key, "anna")) for key in keys
    ]
    record_now(fresh, Clock(), [account, room, *events])
    downgrade(fresh, "0017")
    schema.prepare_database(fresh)
    with fresh.reading() as session:
        assert metadata.get_account_metadata(session, int(party[1:])) == {"color": "1"}
        assert metadata.get_room_metadata(session, 1) == {"color": "1"}
