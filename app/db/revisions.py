"""The known schema revisions, read from the names of the migrations without loading Alembic."""

from importlib.resources import files
from pathlib import Path


def scripts_folder() -> Path:
    """Return the folder of the migrations: inside an installed package, next to it in a checkout."""
    package = Path(str(files("app")))
    installed = package / "migrations"
    return installed if installed.is_dir() else package.parent / "migrations"


def known() -> list[str]:
    """Return the revisions this program knows, oldest first: the prefixes of the migrations' names."""
    scripts = (scripts_folder() / "versions").glob("[0-9]*_*.py")
    return sorted(script.name.partition("_")[0] for script in scripts)


def head() -> str:
    """Return the newest revision this program knows."""
    return known()[-1]
