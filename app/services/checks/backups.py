"""Checks of the backups that the database knows: their age, and whether they were verified."""

import shlex
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.clock import Clock, to_datetime
from app.services.backup.records import KnownBackup, list_known_backups
from app.services.checks.finding import CheckResult, Finding

MAX_AGE = timedelta(days=7)
CREATE = "Run `chat-admin backup create DIR` every day, for example with contrib/systemd/chat-backup.timer."


def check_backups(session: Session, clock: Clock) -> CheckResult:
    """Check that there is a recent, verified backup."""
    known = list_known_backups(session)
    existing = [backup for backup in known if backup.exists]
    now = to_datetime(clock.now())
    return CheckResult("backups", _summarise(existing), list(_find_problems(known, existing, now)))


def _summarise(existing: Sequence[KnownBackup]) -> str:
    if not existing:
        return "none"
    newest = existing[-1]
    return f"{len(existing)}, the newest of {newest.created:%Y-%m-%d %H:%M} UTC: {newest.path}"


def _find_problems(
    known: Sequence[KnownBackup], existing: Sequence[KnownBackup], now: datetime
) -> Iterator[Finding]:
    if not known:
        yield Finding("This database has no backup that chat-admin knows.", CREATE)
    elif not existing:
        yield Finding(
            f"None of the {len(known)} known backups is where it was written.",
            f"If they were moved, check them there. Otherwise: {CREATE[0].lower()}{CREATE[1:]}",
        )
    elif now - existing[-1].created > MAX_AGE:
        age = (now - existing[-1].created).days
        yield Finding(f"The newest backup is {age} days old.", CREATE)
    if existing and existing[-1].verified is None:
        path = existing[-1].path
        yield Finding(
            f"The newest backup, {path}, was not found to be sound.",
            f"Run `chat-admin backup verify {shlex.quote(path)}`, and repair the database if it has problems.",
        )
