"""Invalid rows of a legacy database are reported and do not stop the import."""

from pathlib import Path
from typing import Any

import pytest

from tests.legacy_database import old_database
from tests.services.legacy.imports import Run, counts, said
from tests.story import Story

BAD_USERS = [
    ((1, "x y", "password"), "SPACE is not allowed"),
    ((1, "pаypal", "password"), "mixes"),
    ((1, None, "password"), "name is missing"),
    ((1, "", "password"), "name is empty"),
    ((1, b"\xff\xfe", "password"), "name is not UTF-8"),
    ((1, "x" * 99, "password"), "longer than"),
    ((1, "zoe", None), "password is missing"),
    ((1, "zoe", ""), "password is empty"),
    ((1, "zoe", "a\nb"), "control character"),
    ((1, "zoe", "x" * 700), "at most 600 bytes"),
    ((1, "taken", "password"), "An account taken already exists"),
    ((1, "TAKEN", "password"), "An account TAKEN already exists"),
]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("row", "reason"), BAD_USERS)
def test_invalid_user_is_reported(
    row: tuple[Any, ...], reason: str, story: Story, run: Run, tmp_path: Path
) -> None:
    story.create_account("taken")
    old_database(tmp_path / "old.db", users=[row, (2, "fine", "password")], messages=[])
    report = run()
    assert counts(report) == (1, 0, 0, 0, 1)
    (refusal,) = report.refused
    assert (refusal.table, refusal.id) == ("user", "1")
    assert reason in refusal.reason
    assert not (isinstance(row[2], str) and row[2] and row[2] in refusal.reason.replace("The password", ""))


@pytest.mark.usefixtures("quick")
def test_first_of_two_spellings_of_a_name_is_imported(run: Run, tmp_path: Path) -> None:
    old_database(tmp_path / "old.db", users=[(1, "Anna", "pass-1"), (2, "aNNa", "pass-2")], messages=[])
    assert counts(run()) == (1, 0, 0, 0, 1)
    assert counts(run()) == (0, 1, 0, 0, 1)


BAD_MESSAGES = [
    ((1, None, "anna", "x"), "time is missing"),
    ((1, 0, "anna", "x"), "before 1970"),
    ((1, -5, "anna", "x"), "before 1970"),
    ((1, 99_999_999_999, "anna", "x"), "in the future"),
    ((1, 1e300, "anna", "x"), "in the future"),
    ((1, float("inf"), "anna", "x"), "not a number"),
    ((1, "soon", "anna", "x"), "not a number"),
    ((1, b"\xff", "anna", "x"), "not a number"),
    ((1, 5, None, "x"), "author is missing"),
    ((1, 5, "anna", None), "text is missing"),
    ((1, 5, "anna", " \n "), "text is empty"),
    ((1, 5, "anna", b"\xff\xfe"), "text is not UTF-8"),
    ((1, 5, "anna", b"a\0b"), "NUL"),
    ((1, 5, "anna", "я" * 2049), "4098 bytes long"),
]


@pytest.mark.parametrize(("row", "reason"), BAD_MESSAGES)
def test_invalid_message_is_reported(
    row: tuple[Any, ...], reason: str, run: Run, story: Story, tmp_path: Path
) -> None:
    old_database(tmp_path / "old.db", users=[], messages=[row, (2, 1_700_000_000, "anna", "fine")])
    report = run()
    assert counts(report) == (0, 0, 1, 0, 1)
    assert reason in report.refused[0].reason
    assert [entry.text for entry in said(story)] == ["fine"]


AUTHORS = [
    ("John Smith", "John_Smith"),
    ("a!b@c", "a_b_c"),
    (":#x", "_x"),
    ("  ", None),
    ("3po", "3po"),
    (42, "42"),
    ("x" * 200, "x" * 64),
]


@pytest.mark.parametrize(("author", "nick"), AUTHORS)
def test_author_is_kept_unless_invalid_as_a_nick(
    author: str, nick: str | None, story: Story, run: Run, tmp_path: Path
) -> None:
    old_database(tmp_path / "old.db", users=[], messages=[(1, 1_700_000_000, author, "x")])
    report = run()
    assert [entry.nick for entry in said(story)] == ([str(author)] if nick else [])
    assert report.renamed == ({} if nick in (None, str(author)) else {author: nick})
