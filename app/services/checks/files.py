"""Checks of file modes: who may read secrets, and who may replace the database."""

import shlex
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from app.db.database import Database
from app.services.checks.database import check_exposure
from app.services.checks.finding import CheckResult, Finding
from app.settings import ResolvedSettings, ServerSettings

OTHERS = stat.S_IRWXO


def check_files(resolved: ResolvedSettings[ServerSettings], database: Database) -> CheckResult:
    """Check the modes of the database, the settings with secrets, and the private key."""
    settings = resolved.values
    findings = check_exposure(database)
    if _has_secret(settings, database):
        findings += _find_readable(resolved.files, "contains passwords or hashes of them")
    if settings.tls_key is not None:
        findings += _find_readable([settings.tls_key], "is the private key of the certificate")
    findings += _find_open_folder(database)
    return CheckResult("file modes", "database, settings and private key", findings)


def _has_secret(settings: ServerSettings, database: Database) -> bool:
    return bool(settings.password or settings.operators or database.url.password)


def _find_readable(files: Iterable[Path], what: str) -> Iterator[Finding]:
    for file in files:
        if _mode(file) & OTHERS:
            yield Finding(
                f"Other users have access to {file}, which {what}.", f"Run: chmod o= {shlex.quote(str(file))}"
            )


def _find_open_folder(database: Database) -> Iterator[Finding]:
    """Find a folder in which other users could replace the database."""
    if database.dialect.name != "sqlite":
        return
    folder = Path(database.url.database or "").absolute().parent
    mode = _mode(folder)
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        yield Finding(
            f"Other users can replace the files in {folder}, where the database is.",
            f"Run: chmod o-w {shlex.quote(str(folder))}",
        )


def _mode(path: Path) -> int:
    """Return the mode of a file; 0 if there is none."""
    try:
        return path.stat().st_mode
    except OSError:
        return 0
