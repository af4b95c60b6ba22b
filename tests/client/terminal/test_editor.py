"""Editing a text in the user's editor."""

from pathlib import Path

import pytest

from app.client.terminal.editor import edit_text
from app.errors import UsageError


def script(folder: Path, body: str) -> dict[str, str]:
    """Return an environment whose editor is a shell script."""
    file = folder / "my editor"
    file.write_text(f"#!/bin/sh\n{body}\n")
    file.chmod(0o755)
    return {"EDITOR": f"'{file}' --wait"}


def test_the_text_is_edited_in_a_private_file_that_is_deleted(tmp_path: Path) -> None:
    environment = script(
        tmp_path, f'ls -l "$2" > {tmp_path}/mode; echo "$2" > {tmp_path}/name; echo more >> "$2"'
    )
    assert edit_text("tea\n", environment) == "tea\nmore"
    assert (tmp_path / "mode").read_text().startswith("-rw------- ")
    assert not Path((tmp_path / "name").read_text().strip()).exists()


def test_visual_takes_precedence(tmp_path: Path) -> None:
    assert edit_text("tea", {**script(tmp_path, "exit 3"), "VISUAL": "true"}) == "tea"


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({}, "Set the environment variable EDITOR"),
        ({"EDITOR": "'"}, "Cannot parse the value of EDITOR"),
        ({"EDITOR": "/nowhere/vi"}, "Cannot run the editor /nowhere/vi"),
        ({"EDITOR": "false"}, "failed with status 1, so nothing was changed"),
    ],
)
def test_failures_are_explained(environment: dict[str, str], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        edit_text("tea", environment)


def test_a_text_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no text in UTF-8"):
        edit_text("tea", script(tmp_path, r"printf '\377' > \"$2\"".replace('\\"', '"')))
