"""The schema revisions, read from the migrations' file names without loading Alembic."""

import re
from importlib.resources import files
from pathlib import Path

_COMPATIBLE = re.compile(r"^is_compatible = True\b", re.MULTILINE)


def scripts_folder() -> Path:
    """Return the migrations folder: inside an installed package, beside it in a checkout."""
    package = Path(str(files("app")))
    installed = package / "migrations"
    return installed if installed.is_dir() else package.parent / "migrations"


def known() -> list[str]:
    """Return the revisions that this version supports, oldest first."""
    scripts = (scripts_folder() / "versions").glob("[0-9]*_*.py")
    return sorted(script.name.partition("_")[0] for script in scripts)


def after(revision: str) -> list[str]:
    """Return the revisions that come after one, oldest first."""
    return [other for other in known() if other > revision]


def is_compatible(revision: str) -> bool:
    """Return whether servers that work with the schema before a revision can go on after it."""
    (script,) = (scripts_folder() / "versions").glob(f"{revision}_*.py")
    return _COMPATIBLE.search(script.read_text(encoding="utf-8")) is not None


def head() -> str:
    """Return the newest revision that this version supports."""
    return known()[-1]
