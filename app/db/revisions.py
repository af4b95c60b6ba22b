"""The schema revisions, read from the migrations' file names without loading Alembic."""

from importlib.resources import files
from pathlib import Path


def scripts_folder() -> Path:
    """Return the migrations folder: inside an installed package, beside it in a checkout."""
    package = Path(str(files("app")))
    installed = package / "migrations"
    return installed if installed.is_dir() else package.parent / "migrations"


def known() -> list[str]:
    """Return the revisions that this version supports, oldest first."""
    scripts = (scripts_folder() / "versions").glob("[0-9]*_*.py")
    return sorted(script.name.partition("_")[0] for script in scripts)


def head() -> str:
    """Return the newest revision that this version supports."""
    return known()[-1]
