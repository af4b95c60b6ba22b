"""The documentation matches the code: settings, capabilities and ISUPPORT tokens."""

import json
import re
from pathlib import Path

import pytest
from annotated_types import Ge, Le

from app.commands.connect import isupport
from app.settings import SERVER, ClientSettings, ServerSettings, Settings, load
from app.settings.marks import is_security_setting, needs_restart
from app.wire.capabilities import CAPABILITIES, Capability

DOCS = Path(__file__).parents[1] / "docs"
MODELS = {"Server": ServerSettings, "Client": ClientSettings}


def section(title: str, page: str = "settings.md") -> str:
    """Return one section of a page, by default of settings.md."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(text: str) -> dict[str, list[str]]:
    """Return the cells after the first of each table row that starts with a key in backticks."""
    cells = [
        re.split(r"\s+\|\s+", line.strip("| \n")) for line in text.splitlines() if line.startswith("| `")
    ]
    return {row[0].strip("`"): row[1:] for row in cells}


def range_of(model: type[Settings], key: str) -> str | None:
    """Return the range of a numeric setting as the page shows it, or None."""
    metadata = model.model_fields[key].metadata
    least = [str(mark.ge) for mark in metadata if isinstance(mark, Ge)]
    most = [str(mark.le) for mark in metadata if isinstance(mark, Le)]
    return f"{least[0]} to {most[0]}" if least and most else None


@pytest.mark.parametrize("title", MODELS)
def test_the_settings_page_lists_exactly_the_settings(title: str) -> None:
    assert list(rows(section(title))) == list(MODELS[title].model_fields)


@pytest.mark.parametrize("title", MODELS)
def test_documented_defaults_ranges_and_descriptions_match_the_code(title: str) -> None:
    model = MODELS[title]
    defaults = model().model_dump(mode="json")
    for key, (default, extent, meaning, wrong, *_) in rows(section(title)).items():
        assert json.loads(default.strip("`")) == defaults[key], key
        assert extent == (range_of(model, key) or extent), key
        assert meaning == model.model_fields[key].description
        assert wrong == ("**refused**" if is_security_setting(model, key) else "default"), key


def test_the_settings_page_says_which_settings_need_a_restart() -> None:
    said = {key: cells[-1] for key, cells in rows(section("Server")).items()}
    assert said == {
        key: "restart" if needs_restart(ServerSettings, key) else "at once"
        for key in ServerSettings.model_fields
    }


def test_every_description_is_a_sentence() -> None:
    for model in MODELS.values():
        assert all((field.description or "").endswith(".") for field in model.model_fields.values())


def test_the_example_file_loads_without_a_warning(tmp_path: Path) -> None:
    example = re.search(r"```json\n(.*?)```", (DOCS / "settings.md").read_text(encoding="utf-8"), re.DOTALL)
    path = tmp_path / "serverSetup.json"
    path.write_text(example[1] if example else "", encoding="utf-8")
    assert load(SERVER, path, environment={}).warnings == []


def written(capability: Capability) -> str:
    """Return the start of the capability's table row in protocol.md."""
    star = r" \*" if capability.version else ""
    page = capability.specification
    name = re.sub("#.*", "", page.rpartition("/")[2])
    return f"| `{capability.name}`{star} | [{name}]({page}) | {capability.state} |"


def test_the_protocol_page_lists_exactly_the_capabilities() -> None:
    lines = [line for line in section("Capabilities", "protocol.md").splitlines() if line.startswith("| `")]
    declared = [written(capability) for capability in CAPABILITIES.values()]
    assert [" | ".join(line.split(" | ")[:3]) + " |" for line in lines] == declared


def test_every_isupport_token_is_documented_with_its_default_value() -> None:
    lines = section("Tokens", "protocol.md").splitlines()
    cells = [[cell.strip(" `") for cell in line.split("|")] for line in lines if line.startswith("| `")]
    assert {name: value for _, name, value, *_ in cells} == isupport.tokens(ServerSettings())
