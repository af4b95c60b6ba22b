"""chat-admin doctor: a sound installation, a broken one, and the examples of the manual."""

import json
import re
import shlex
from pathlib import Path

import pytest

from tests.cli.conftest import Admin, CommandResult
from tests.story import Story

MANUAL = Path(__file__).parents[3] / "docs" / "admin.md"
OF_THE_MACHINE = {"clock", "open files", "io_uring", "disk space"}  # differ where the tests run


def findings(ended: CommandResult) -> dict[str, str]:
    """Return what was found by check, without the checks of the machine."""
    rows = [row for row in ended.json if row["state"] == "problem"]
    assert ended.code == (3 if rows else 0)
    assert all(row["advice"] for row in rows)
    return {row["check"]: row["found"] for row in rows if row["check"] not in OF_THE_MACHINE}


def test_a_sound_installation_has_no_findings(chat: Story, admin: Admin, folder: Path) -> None:
    (folder / "serverSetup.json").write_text("{}")
    (folder / "chat.db").chmod(0o600)
    chat.create_room("#tea")
    assert list(findings(admin("doctor", "--json"))) == ["backups"]
    assert admin("backup", "create", "copy.db").code == 0
    ended = admin("doctor", "--json")
    assert findings(ended) == {}
    assert [row["check"] for row in ended.json] == [
        *("settings", "database", "integrity", "schema", "log", "history", "tables", "size", "disk space"),
        *("backups", "clock", "file modes", "certificate", "open files", "io_uring", "ports", "version"),
    ]


def test_everything_that_is_broken_is_found_at_once(chat: Story, admin: Admin, folder: Path) -> None:
    settings = {"port": "x", "ip": "0.0.0.0", "tls_cert": "cert.pem", "metrics_ip": "::", "metrics_port": 1}
    (folder / "serverSetup.json").write_text(json.dumps(settings))
    (folder / "cert.pem").write_text("not a certificate")
    room = chat.create_room("#tea")
    for number in range(3):
        chat.say(room, "anna", f"hello {number}")
    with chat.database.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM event WHERE id = 2")
    (folder / "chat.db").chmod(0o644)
    found = findings(admin("doctor", "--json"))
    assert list(found) == ["settings", "log", "history", "backups", "file modes", "certificate", "ports"]
    assert "gap between event 1 and event 3" in found["log"]


def test_a_newer_database_is_a_finding_and_stays_as_it_is(chat: Story, admin: Admin, folder: Path) -> None:
    with chat.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    found = findings(admin("doctor", "--json"))
    assert "was written by a newer version (schema 9999)" in found["database"]
    assert "log" not in found


@pytest.mark.usefixtures("chat")
def test_the_examples_of_the_manual_run(admin: Admin) -> None:
    section = MANUAL.read_text(encoding="utf-8").partition("### `chat-admin doctor`")[2].partition("\n#")[0]
    examples = re.findall(r"^chat-admin (.+?)(?: \|.*)?$", section, re.MULTILINE)
    assert len(examples) == 2
    for example in examples:
        assert admin(*shlex.split(example)).code in (0, 3)


@pytest.mark.usefixtures("chat")
def test_the_manual_explains_every_check(admin: Admin) -> None:
    section = MANUAL.read_text(encoding="utf-8").partition("### `chat-admin doctor`")[2].partition("\n#")[0]
    cells = re.findall(r"^\| (.+?) \|", section.partition("|---|---|\n")[2], re.MULTILINE)
    explained = [name for cell in cells for name in cell.split(", ")]
    assert [row["check"] for row in admin("doctor", "--json").json] == [
        name for name in explained if name not in ("server", "nodes", "postgresql")
    ]
