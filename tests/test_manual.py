"""The manual pages are made from the commands, and every wheel contains them."""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from typer.main import get_command

from app import errors
from app.cli.manual import DocumentedProgram, list_programs, write_page
from tests.cli.admin.test_tree import walk

ROOT = Path(__file__).parents[1]
PAGES = {program.name: write_page(program, "1.2.3") for program in list_programs()}


@pytest.mark.parametrize("program", list_programs(), ids=lambda program: program.name)
def test_every_command_and_option_is_on_the_page(program: DocumentedProgram) -> None:
    page = PAGES[program.name].replace("\\-", "-")
    for path, command in walk(get_command(program.app)):
        assert not path or f".SS {' '.join(path)}\n" in page
        options = {option for parameter in command.params for option in parameter.opts}
        assert [option for option in options if option.startswith("-") and option not in page] == []


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_page_has_the_usual_sections_and_no_other_requests(page: str) -> None:
    sections = ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "COMMANDS", "EXIT STATUS", "FILES", "SEE ALSO"]
    assert re.findall(r"^\.SH (.+)$", page, re.MULTILINE) == sections
    assert set(re.findall(r"^\.(\w+)", page, re.MULTILINE)) <= {"TH", "SH", "SS", "TP", "PP", "BR"}
    codes = {
        error.exit_code
        for error in vars(errors).values()
        if isinstance(error, type) and hasattr(error, "exit_code")
    }
    assert all(f"\n\\fB{code}\\fR\n" in page for code in codes)


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_groff_formats_a_page_without_a_warning(page: str) -> None:
    command = ["groff", "-man", "-ww", "-K", "utf-8", "-T", "utf8"]
    ended = subprocess.run(command, input=page, capture_output=True, text=True, check=True)
    assert ended.stderr == ""
    assert "SYNOPSIS" in re.sub(".\x08", "", ended.stdout)  # bold letters are struck twice


def test_a_wheel_contains_the_pages(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        pages = {name.rpartition("/")[2]: packed.read(name) for name in packed.namelist() if "/man1/" in name}
        assert all("data/share/man/man1/" in name for name in packed.namelist() if name.endswith(".1"))
    assert sorted(pages) == sorted(f"{name}.1" for name in PAGES)
    assert b"room members" in pages["chat-admin.1"]
