"""Durations as people write them, and files that are there whole or not at all."""

from datetime import timedelta
from pathlib import Path

import pytest

from app.cli.admin.atomic_file import open_atomically
from app.clock import from_iso
from app.errors import UsageError
from app.text import durations

NOW = from_iso("2026-11-22T15:30:00Z")


# durations


@pytest.mark.parametrize(
    ("text", "length"),
    [("30m", 1800), ("12h", 43200), ("2d", 172800), ("3w", 1814400), ("1h30m", 5400), ("2 days", 172800)],
)
def test_durations_are_parsed(text: str, length: int) -> None:
    assert durations.parse_duration(text) == timedelta(seconds=length)


@pytest.mark.parametrize("text", ["", "d", "2", "2x", "0d", "9999999w", "two days", "1d!"])
def test_invalid_durations_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        durations.parse_duration(text)


# files


def test_a_file_is_replaced_atomically_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_text("before")
    with open_atomically(path) as file:
        file.write("after")
        assert path.read_text() == "before"
    assert path.read_text() == "after"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def refuse(text: str) -> str:
    """Fail in the middle of an export."""
    raise ValueError(text)


def test_a_failure_leaves_the_file_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_text("before")
    with pytest.raises(ValueError, match="half"), open_atomically(path) as file:
        file.write(refuse("half"))
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_symbolic_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real.txt")
    with open_atomically(tmp_path / "link") as file:
        file.write("x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "x"
