"""What the documentation names is there: files, kinds of events, settings that are limits."""

import re
from pathlib import Path

import pytest

from app.events import Kind
from app.settings import ServerSettings

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def first_cells(heading: str) -> str:
    """Return the first column of the table that begins with this heading."""
    table = ARCHITECTURE.partition(f"| {heading} |")[2].partition("\n\n")[0]
    return "\n".join(row.split("|")[1] for row in table.splitlines()[2:])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_file_and_folder_that_is_named_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"\b(?:app|docs|migrations|scripts|tests)/[\w./-]*\w", text))
    modules = set(re.findall(r"`((?:\w+/)+\w+\.py)`", text))
    lost = [name for name in named if not (ROOT / name).exists()]
    lost += [name for name in modules if not ((ROOT / name).exists() or (ROOT / "app" / name).exists())]
    assert lost == []


def test_every_kind_of_event_is_in_the_table_and_nothing_else() -> None:
    named = re.findall(r"`([a-z-]+)`", first_cells("kind of event"))
    assert sorted(named) == sorted(kind.value for kind in Kind)


def test_every_limit_that_is_a_setting_is_one() -> None:
    limits = ARCHITECTURE.partition("\n## The limits\n")[2].partition("\n## ")[0]
    assert set(re.findall(r"`(\w+)`", limits)) <= set(ServerSettings.model_fields)
