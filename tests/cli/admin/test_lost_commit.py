"""chat-admin when the connection to PostgreSQL is lost during a commit.

A change that was made is reported as made, and one that was not as not made. If chat-admin cannot
find out, it says so, because a repeated command would make the change twice.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.db.database import Database
from app.db.log_page import read_after
from app.services.administration.audit import find_latest_entries
from tests.cli.conftest import Admin
from tests.legacy_database import MESSAGES, USERS, old_database
from tests.postgres import Postgres
from tests.postgres_proxy import Loss, PostgresProxy, open_proxy

COMMANDS = {
    "announce": ("announce", "hello"),
    "room.create": ("room", "create", "#tea"),
    "invite.create": ("invite", "create"),
    "ban.add": ("ban", "add", "spam!*@*", "--yes"),
}


@pytest.fixture
def proxy(
    postgres: Postgres, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[PostgresProxy, Database]]:
    """A proxy to the database of the settings, and the database itself."""
    monkeypatch.setattr("app.db.database.RECONNECT_SECONDS", 0)
    with postgres.database() as url, open_proxy(url) as (proxy, address):
        monkeypatch.setenv("CHAT_DBNAME", address.render_as_string())
        database = Database(url)
        yield proxy, database
        database.close()


def recorded(database: Database) -> tuple[int, list[str]]:
    """Return the number of events and the audited actions."""
    with database.reading() as session:
        events = read_after(session.connection(), 0, 1_000).events
        return len(events), [entry.action for entry in find_latest_entries(session, 1_000)]


@pytest.mark.parametrize("loss", [Loss.ANSWER, Loss.DELAYED])
@pytest.mark.parametrize("action", COMMANDS)
def test_a_change_is_reported_as_made_if_only_the_answer_was_lost(
    action: str, loss: Loss, admin: Admin, proxy: tuple[PostgresProxy, Database]
) -> None:
    lossy, database = proxy
    lossy.lose(loss)
    ended = admin(*COMMANDS[action])
    assert (ended.code, lossy.losses) == (0, 1), ended.err
    assert recorded(database) == (1, [action])


def test_a_change_that_was_not_made_is_reported_as_such(
    admin: Admin, proxy: tuple[PostgresProxy, Database]
) -> None:
    lossy, database = proxy
    lossy.lose(Loss.STATEMENT)
    ended = admin("announce", "hello")
    assert (ended.code, lossy.losses) == (1, 1)
    assert "the change was not made. Try again." in ended.err
    assert recorded(database) == (0, [])
    assert admin("announce", "hello").code == 0


@pytest.mark.parametrize("loss", [Loss.ANSWER, Loss.STATEMENT])
def test_an_unknown_outcome_is_reported_as_unknown(
    loss: Loss, admin: Admin, proxy: tuple[PostgresProxy, Database]
) -> None:
    lossy, database = proxy
    lossy.lose(loss)
    lossy.refuses_after_loss = True
    ended = admin("announce", "hello")
    assert (ended.code, ended.out) == (4, "")
    assert "it is unknown whether the change was made" in ended.err
    assert "chat-admin audit list" in ended.err
    assert recorded(database) == ((1, ["announce"]) if loss is Loss.ANSWER else (0, []))


def test_an_import_continues_if_only_the_answer_was_lost(
    admin: Admin, folder: Path, proxy: tuple[PostgresProxy, Database]
) -> None:
    lossy, database = proxy
    old_database(folder / "old.db")
    lossy.lose(Loss.ANSWER)
    report = admin("import-legacy", "old.db", "--json").json
    assert lossy.losses == 1
    assert (report["accounts_taken"], report["messages_taken"]) == (len(USERS), len(MESSAGES))
    events = recorded(database)
    again = admin("import-legacy", "old.db", "--json").json
    assert (again["accounts_known"], again["messages_known"]) == (len(USERS), len(MESSAGES))
    assert recorded(database) == events


def test_a_repeated_import_completes_one_whose_commit_failed(
    admin: Admin, folder: Path, proxy: tuple[PostgresProxy, Database]
) -> None:
    lossy, _ = proxy
    old_database(folder / "old.db")
    lossy.lose(Loss.STATEMENT, "привет".encode())
    assert admin("import-legacy", "old.db").code == 1
    again = admin("import-legacy", "old.db", "--json").json
    assert (again["accounts_known"], again["messages_taken"]) == (len(USERS), len(MESSAGES))
