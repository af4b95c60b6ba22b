"""A followed copy equals its database after each step, whatever changed in between."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from sqlalchemy import URL, Connection, delete, update

from app.clock import Clock
from app.db.chain.erasure import erase_people
from app.db.chain.removal import remove_events
from app.db.database import Database, parse_database_url
from app.db.fulltext import fulltext_of
from app.db.models import AccountRow, EventRow
from app.errors import AlreadyExists, DatabaseRefused, NotFound, StorageError, UsageError
from app.services.backup import following
from app.services.backup.followed_copy import prepare_followed_copy
from app.services.backup.following import Follower
from app.services.backup.manifest import read_manifest
from app.services.backup.restoring import Restore
from app.services.backup.verification import verify_backup
from tests.full_disk import limited_file_size
from tests.services.backup.conftest import VERSION
from tests.services.chain.chained_log import redact
from tests.services.copying.contents import Contents, contents, fill, read, replace
from tests.story import Story

Step = Callable[[], None]


def prepare(database: Database, folder: Path) -> Path:
    """Find or create the followed copy."""
    return prepare_followed_copy(database, folder, Clock(), VERSION, lambda done, total: None).file


@contextmanager
def followed(database: Database, folder: Path) -> Iterator[Step]:
    """Follow a database; the function does one step, after which both must be equal."""
    file = prepare(database, folder)
    follower = Follower(database, file)
    with follower.opened() as connection:

        def step() -> None:
            follower.step(connection)
            copy = Database(parse_database_url(str(file)))
            assert read(copy) == read(database)
            copy.close()

        step()
        yield step


@pytest.fixture
def story(lived: Database) -> Story:
    """The database with rows in all tables, to tell more into it."""
    return Story(lived, Clock())


@settings(
    max_examples=3,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(before=contents(), after=contents())
def test_any_change_of_any_table_is_copied(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, before: Contents, after: Contents
) -> None:
    folder = tmp_path_factory.mktemp("followed")
    database = Database(parse_database_url(str(shutil.copy(sqlite_template, folder / "chat.db"))))
    before["hash_chain"] = after["hash_chain"] = []  # the logs are not continuations of each other
    after["event"] += before["event"][len(after["event"]) :]
    with followed(database, folder) as step:
        fill(database, before)
        step()
        replace(database, after)
        step()
    database.close()


def test_every_step_passes_the_verification(lived: Database, place: Path, story: Story) -> None:
    room = story.create_room("#new")
    with followed(lived, place) as step:
        story.say(room, "anna", "one", "two", "three")
        step()
        redact(story, _last_id(lived) - 1)
        step()
        story.say(room, "anna", "four")
        step()
        assert verify_backup(place / "chat-followed.db").problems == []
    assert verify_backup(place / "chat-followed.db").problems == []


def _last_id(database: Database) -> int:
    return max(row["id"] for row in read(database)["event"])


def _erase(connection: Connection, position: int) -> None:
    erase_people(connection, [position])
    connection.execute(update(EventRow).where(EventRow.id == position).values(nick="gone", host="gone"))


def _remove(connection: Connection, position: int) -> None:
    fulltext_of(connection).remove(connection, [position])
    remove_events(connection, [position])


@pytest.mark.parametrize("change", [_erase, _remove])
def test_erased_and_removed_events_reach_the_copy_at_once(
    lived: Database, place: Path, story: Story, change: Callable[[Connection, int], None]
) -> None:
    story.say(story.create_room("#new"), "anna", "a secret", "more")
    with followed(lived, place) as step:
        with lived.locked() as connection:
            change(connection, _last_id(lived) - 1)
        step()


def test_other_changes_of_the_log_are_found_by_comparing_it(
    lived: Database, place: Path, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    story.say(story.create_room("#new"), "anna", "the kettle", "more")
    monkeypatch.setattr(following, "COMPARISON_SECONDS", 0.0)
    with followed(lived, place) as step:
        with lived.locked() as connection:
            connection.execute(
                update(EventRow).where(EventRow.text == "the kettle").values(text="the samovar")
            )
        step()
    copy = Database(parse_database_url(str(place / "chat-followed.db")))
    assert [_count_found(copy, word) for word in ("kettle", "samovar")] == [0, 1]
    copy.close()


def _count_found(database: Database, word: str) -> int:
    with database.engine.connect() as connection:
        queries = fulltext_of(connection).candidates([word], newest=False)
        return sum(len(connection.execute(query).all()) for query in queries)


def test_the_manifest_is_never_ahead_of_the_copy(lived: Database, place: Path, story: Story) -> None:
    file = prepare(lived, place)
    first = read_manifest(file)
    story.say(story.create_room("#new"), "anna", "one")
    with followed(lived, place):
        pass
    later = read_manifest(file)
    assert (first.followed, later.followed, later.sha256) == (True, True, "")
    assert first.position < later.position == _last_id(lived)
    shutil.copy(lived.url.database or "", file)  # a copy that is older than the manifest is found
    copy = Database(parse_database_url(str(file)))
    with copy.locked() as connection:
        connection.execute(delete(EventRow).where(EventRow.id == later.position))
    copy.close()
    assert any("or later" in problem for problem in verify_backup(file).problems)


def test_a_copy_that_was_used_is_refused(lived: Database, place: Path, story: Story) -> None:
    with followed(lived, place):
        pass
    file = place / "chat-followed.db"
    copy = Database(parse_database_url(str(file)))
    Story(copy, Clock()).create_account("zoe")
    copy.close()
    room = story.create_room("#other")
    is_refused = r"has messages that .* does not have"
    for _ in range(2):  # also when the source has grown past it
        with pytest.raises(DatabaseRefused, match=is_refused), followed(lived, place):
            pass
        story.say(room, "anna", "one", "two")


def test_a_copy_has_one_follower_and_no_server(lived: Database, place: Path) -> None:
    with followed(lived, place):
        copy = Database(parse_database_url(str(place / "chat-followed.db")))
        with pytest.raises(DatabaseRefused):
            copy.dialect.claim(copy.engine)
        copy.close()


def test_another_schema_is_refused(lived: Database, place: Path) -> None:
    with followed(lived, place) as step:
        with lived.locked() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        with pytest.raises(DatabaseRefused, match=r"has another schema now \(9999\)"):
            step()


def test_other_files_are_left_alone(lived: Database, place: Path) -> None:
    file = place / "chat-followed.db"
    file.write_text("mine")
    with pytest.raises(AlreadyExists, match="is not a followed copy"):
        prepare(lived, place)
    assert file.read_text() == "mine"
    with pytest.raises(NotFound):
        prepare(lived, place / "nowhere")


def test_a_followed_copy_is_not_restored(lived: Database, place: Path, tmp_path: Path) -> None:
    with followed(lived, place):
        pass
    file, target = place / "chat-followed.db", Database(parse_database_url(str(tmp_path / "new.db")))
    restore = Restore(file, read_manifest(file), target, Clock(), "me", replace=False)
    with pytest.raises(DatabaseRefused, match=r"use `chat-admin db copy .*followed\.db TARGET`"):
        restore.check()
    assert not (tmp_path / "new.db").exists()


def test_postgresql_is_refused_with_a_hint(place: Path) -> None:
    database = Database(URL.create("postgresql", host="nowhere.invalid"))
    with pytest.raises(UsageError, match="streaming replication"):
        prepare(database, place)
    database.close()


def test_an_account_that_founded_a_room_can_change(lived: Database, place: Path) -> None:
    with followed(lived, place) as step:
        with lived.locked() as connection:
            connection.execute(update(AccountRow).values(last_seen=5))
        step()


def test_a_full_disk_leaves_no_new_copy(lived: Database, place: Path) -> None:
    with (
        limited_file_size(100_000),
        pytest.raises(StorageError, match=r"The backup to .* failed \(.*Make room"),
    ):
        prepare(lived, place)
    assert list(place.iterdir()) == []


def test_a_full_disk_leaves_the_last_complete_state_of_the_copy(
    lived: Database, place: Path, story: Story
) -> None:
    file = prepare(lived, place)
    room = story.create_room("#full")
    story.say(room, "anna", *("x" * 4_000 for _ in range(100)))
    follower = Follower(lived, file)
    with (
        pytest.raises(StorageError, match=r"followed\.db cannot be brought up to date .*\(.*\); it keeps"),
        follower.opened() as connection,
        limited_file_size(file.stat().st_size),
    ):
        follower.step(connection)
    assert verify_backup(file).problems == []
    with followed(lived, place) as step:
        step()
