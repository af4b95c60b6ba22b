"""The documentation says what the code does: every setting with its default, its range and its protection."""

import json
import re
from pathlib import Path

import pytest
from annotated_types import Ge, Le

from app.settings import ClientSettings, ServerSettings, Settings, load_server
from app.sources import is_protecting

DOCS = Path(__file__).parents[1] / "docs"
MODELS = {"Server": ServerSettings, "Client": ClientSettings}


def section(title: str) -> str:
    """Return one section of the page of settings."""
    text = (DOCS / "settings.md").read_text(encoding="utf-8")
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(text: str) -> dict[str, list[str]]:
    """Return the rows of a table that begin with a key in code quotes, by that key."""
    cells = [
        re.split(r"\s+\|\s+", line.strip("| \n")) for line in text.splitlines() if line.startswith("| `")
    ]
    return {row[0].strip("`"): row[1:] for row in cells}


def range_of(model: type[Settings], key: str) -> str | None:
    """Write the range of a number as the page does, or None for what is no number."""
    metadata = model.model_fields[key].metadata
    least = [str(mark.ge) for mark in metadata if isinstance(mark, Ge)]
    most = [str(mark.le) for mark in metadata if isinstance(mark, Le)]
    return f"{least[0]} to {most[0]}" if least and most else None


@pytest.mark.parametrize("title", MODELS)
def test_every_setting_is_documented_and_nothing_else(title: str) -> None:
    assert list(rows(section(title))) == list(MODELS[title].model_fields)


@pytest.mark.parametrize("title", MODELS)
def test_defaults_ranges_and_meanings_are_those_of_the_code(title: str) -> None:
    model = MODELS[title]
    defaults = model().model_dump(mode="json")
    for key, (default, extent, meaning, wrong) in rows(section(title)).items():
        assert json.loads(default.strip("`")) == defaults[key], key
        assert extent == (range_of(model, key) or extent), key
        assert meaning == model.model_fields[key].description
        assert wrong == ("**refused**" if is_protecting(model, key) else "default"), key


def test_every_description_is_a_sentence() -> None:
    for model in MODELS.values():
        assert all((field.description or "").endswith(".") for field in model.model_fields.values())


def test_the_example_file_loads_without_a_warning(tmp_path: Path) -> None:
    example = re.search(r"```json\n(.*?)```", (DOCS / "settings.md").read_text(encoding="utf-8"), re.DOTALL)
    path = tmp_path / "serverSetup.json"
    path.write_text(example[1] if example else "", encoding="utf-8")
    assert load_server(path, environment={}).warnings == []
