"""The documentation matches the repository: files, links, event kinds, limits and layout."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.events import Kind
from app.settings import ServerSettings

ROOT = Path(__file__).parents[1]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
MAX_COLUMNS = 100
MAX_GLOSSARY_WORDS = 15
EXPECTED_FILES = [
    ".ci/run",
    ".editorconfig",
    ".github/ISSUE_TEMPLATE/bug.md",
    ".github/ISSUE_TEMPLATE/feature.md",
    ".github/PULL_REQUEST_TEMPLATE.md",
    ".gitlab/issue_templates/bug.md",
    ".gitlab/issue_templates/feature.md",
    ".gitlab/merge_request_templates/Default.md",
    ".pre-commit-config.yaml",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "README.md",
    "SECURITY.md",
]
SUBJECTS = {
    "admin",
    "architecture",
    "client",
    "commands",
    "failover",
    "getting-started",
    "index",
    "network",
    "performance",
    "proof",
    "scaling",
    "protocol",
    "security",
    "settings",
    "sql",
    "upgrading",
}


def first_cells(heading: str) -> str:
    """Return the first column of the table with this heading."""
    table = ARCHITECTURE.partition(f"| {heading} |")[2].partition("\n\n")[0]
    return "\n".join(row.split("|")[1] for row in table.splitlines()[2:])


def prose(page: Path) -> Iterator[str]:
    """Yield the lines of a page that are neither code nor a table."""
    is_code = False
    for line in page.read_text(encoding="utf-8").splitlines():
        is_code ^= line.lstrip().startswith("```")
        if not is_code and not line.startswith("|"):
            yield line


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as forges derive them."""
    headings = [line.lstrip("# ").lower() for line in prose(page) if line.startswith("#")]
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in headings}


def is_broken(page: Path, link: str) -> bool:
    """Return whether a relative link points to a missing file or heading."""
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    return not target.exists() or bool(anchor and anchor not in anchors(target))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_file_and_folder_that_is_named_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"\b(?:app|contrib|docs|migrations|scripts|tests)/[\w./-]*\w", text))
    modules = set(re.findall(r"`((?:\w+/)+\w+\.py)`", text))
    lost = [name for name in named if not (ROOT / name).exists()]
    lost += [name for name in modules if not ((ROOT / name).exists() or (ROOT / "app" / name).exists())]
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and is_broken(page, link)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_prose_is_wrapped(page: Path) -> None:
    texts = [line for line in prose(page) if not line.startswith(("!", "#"))]
    assert [line for line in texts if len(line) > MAX_COLUMNS] == []


@pytest.mark.parametrize("name", EXPECTED_FILES)
def test_every_file_that_a_newcomer_expects_exists(name: str) -> None:
    assert (ROOT / name).stat().st_size > 0


def test_every_page_is_in_the_index() -> None:
    pages = {page.stem for page in (ROOT / "docs").glob("*.md")}
    linked = re.findall(r"\]\(([\w-]+)\.md\)", (ROOT / "docs" / "index.md").read_text(encoding="utf-8"))
    assert pages == SUBJECTS
    assert {*linked, "index"} == SUBJECTS


def test_pictures_load_nothing() -> None:
    for picture in (ROOT / "docs").glob("*.svg"):
        text = re.sub(r"<!--.*?-->", "", picture.read_text(encoding="utf-8"), flags=re.DOTALL)
        addresses = re.findall(r"https?://[^\s\"'<>)]+", text)
        assert set(addresses) <= {"http://www.w3.org/2000/svg"}, picture.name


def test_every_kind_of_event_is_in_the_table_and_nothing_else() -> None:
    named = re.findall(r"`([a-z-]+)`", first_cells("kind of event"))
    assert sorted(named) == sorted(kind.value for kind in Kind)


def test_every_limit_that_is_a_setting_is_one() -> None:
    limits = ARCHITECTURE.partition("\n## The limits\n")[2].partition("\n## ")[0]
    assert set(re.findall(r"`(\w+)`", limits)) <= set(ServerSettings.model_fields)


def test_the_glossary_is_short() -> None:
    words = first_cells("word").split("\n")
    assert len(words) == len(set(words)) <= MAX_GLOSSARY_WORDS
