"""Opening links: by the desktop's program, and only what is safe."""

from pathlib import Path

import pytest

from app.client.links.opening import open_link
from app.errors import UsageError
from tests.client.scripted_server import TIMEOUT_SECONDS
from tests.waiting import eventually


def desktop(folder: Path) -> dict[str, str]:
    """Return the environment of a desktop whose program records the URL that it is to open."""
    program = folder / "xdg-open"
    program.write_text(f'#!/bin/sh\nprintf "%s|" "$@" > {folder}/new && mv {folder}/new {folder}/opened\n')
    program.chmod(0o700)
    return {"PATH": str(folder), "DISPLAY": ":0"}


@pytest.mark.parametrize("url", ["https://ex.org/$(reboot)?a;b&c='", "http://ex.org", "mailto:anna@ex.org"])
def test_url_is_passed_as_one_argument(url: str, tmp_path: Path) -> None:
    open_link(url, desktop(tmp_path))
    eventually((tmp_path / "opened").exists, TIMEOUT_SECONDS)
    assert (tmp_path / "opened").read_text() == f"{url}|"


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "irc://ex.org", "javascript:alert(1)", "--help", "", "https://ex.org/\n"]
)
def test_other_links_are_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"are not opened\. Copy the link instead\."):
        open_link(url, desktop(tmp_path))


def test_nothing_is_opened_without_a_desktop_or_its_program(tmp_path: Path) -> None:
    for environment in (desktop(tmp_path) | {"DISPLAY": ""}, {"PATH": "/nonexistent", "DISPLAY": ":0"}):
        with pytest.raises(UsageError, match="There is no desktop here"):
            open_link("https://ex.org", environment)


def test_program_that_cannot_run_is_explained(tmp_path: Path) -> None:
    environment = desktop(tmp_path)
    (tmp_path / "xdg-open").write_bytes(b"\x7fELF")
    with pytest.raises(UsageError, match=r"Cannot run .*/xdg-open: Exec format error\."):
        open_link("https://ex.org", environment)
