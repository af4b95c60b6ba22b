"""Files that do not fit on a full disk: one sentence that names the file, and no remains."""

import random
from pathlib import Path

import pytest

from tests.cli.conftest import Admin
from tests.full_disk import limited_file_size
from tests.story import Story

DATABASE_BYTES = 200_000  # enough for what the commands write to the write-ahead log
MESSAGES = 200
MESSAGE_BYTES = 2_000  # random, so that they cannot be compressed much


@pytest.fixture
def full_folder(chat: Story, folder: Path) -> Path:
    """A folder with more messages of anna than fit into a file."""
    chat.create_account("anna")
    chance = random.Random(1)
    texts = [chance.randbytes(MESSAGE_BYTES // 2).hex() for _ in range(MESSAGES)]
    chat.say(chat.create_room("#tea"), "anna", *texts, account="anna")
    with chat.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return folder


@pytest.mark.parametrize(
    ("command", "file"),
    [
        ("history export --format txt -o out.txt", "out.txt"),
        ("history export --format jsonl -o out.jsonl", "out.jsonl"),
        ("history export --format sqlite -o out.db", ""),
        ("history export --proof -o proof.jsonl", "proof.jsonl"),
        ("user export anna -o anna.zip", "anna.zip"),
    ],
)
def test_an_export_to_a_full_disk(command: str, file: str, full_folder: Path, admin: Admin) -> None:
    before = {path.name for path in full_folder.iterdir()}
    with limited_file_size(DATABASE_BYTES):
        ended = admin(*command.split())
    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1), ended.err
    assert f"{file} cannot be written" in ended.err.replace(" to ", " ")
    assert "Make room or" in ended.err
    assert {path.name for path in full_folder.iterdir()} == before
    assert admin("audit", "list", "--json").json == []


@pytest.mark.parametrize(("size", "file"), [(10, "chat-key.pem"), (300, "chat-cert.pem")])
def test_a_certificate_for_a_full_disk(size: int, file: str, full_folder: Path, admin: Admin) -> None:
    before = {path.name for path in full_folder.iterdir()}
    with limited_file_size(size):
        ended = admin("cert", "generate")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith(f"Error: {file} cannot be written (File too large). Make room or")
    assert {path.name for path in full_folder.iterdir()} == before


@pytest.mark.parametrize("command", ["history export", "history export --proof", "user export anna"])
def test_an_export_to_a_folder_without_permission(command: str, full_folder: Path, admin: Admin) -> None:
    ended = admin(*command.split(), "-o", "/sys/out.jsonl")  # not even root may create files there
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("Error: /sys/out.jsonl cannot be opened (")
    assert ended.err.endswith("). Check its permissions, or name another file.\n")
    assert admin("audit", "list", "--json").json == []


def test_a_copy_of_a_database_whose_lock_cannot_be_opened(
    full_folder: Path, chat: Story, admin: Admin
) -> None:
    chat.database.close()
    (full_folder / "chat.db.lock").mkdir()
    before = set(full_folder.iterdir())
    ended = admin("db", "copy", "chat.db", "moved.db")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.endswith("chat.db.lock cannot be opened (Is a directory); check its permissions.\n")
    assert set(full_folder.iterdir()) == before


def test_an_export_to_a_full_device(full_folder: Path, admin: Admin) -> None:
    ended = admin("history", "export", "-o", "/dev/full")
    assert (ended.code, ended.err.startswith("Error: /dev/full cannot be written (No space")) == (1, True)
