"""The revisions of the schema: which migrations there are. Alembic is not needed to know that."""

from importlib.resources import files
from pathlib import Path


def scripts_folder() -> Path:
    """Return the folder of migrations: inside an installed package, beside it in a checkout."""
    package = Path(str(files("app")))
    installed = package / "migrations"
    return installed if installed.is_dir() else package.parent / "migrations"


def known() -> list[str]:
    """Return the revisions this program knows, oldest first: the names of the migrations begin with them."""
    scripts = (scripts_folder() / "versions").glob("[0-9]*_*.py")
    return sorted(script.name.partition("_")[0] for script in scripts)


def head() -> str:
    """Return the newest revision this program knows."""
    return known()[-1]
