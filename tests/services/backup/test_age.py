"""The check of the known backups: their age, whether they are sound, and where they are."""

from dataclasses import replace

from app.db.database import Database
from app.services.backup.creation import NewBackup
from app.services.backup.records import record_backup
from app.services.checks.backups import MAX_AGE, check_backups
from tests.conftest import MovedClock
from tests.services.backup.conftest import BackUp

DAY = 86_400_000  # milliseconds


def problems(database: Database, clock: MovedClock) -> list[str]:
    """Return the problems with the backups; each has advice."""
    with database.reading() as session:
        findings = check_backups(session, clock).findings
    assert all(finding.advice for finding in findings)
    return [finding.problem for finding in findings]


def known(lived: Database, clock: MovedClock, backup: NewBackup) -> NewBackup:
    """Record a backup as known."""
    record_backup(lived, clock, "admin:root", backup, [])
    return backup


def test_a_database_without_a_backup_is_found(lived: Database, clock: MovedClock) -> None:
    assert problems(lived, clock) == ["This database has no backup that chat-admin knows."]


def test_the_newest_backup_counts(lived: Database, clock: MovedClock, back_up: BackUp) -> None:
    known(lived, clock, back_up())
    assert problems(lived, clock) == []
    clock.instant += MAX_AGE.days * DAY + 1
    assert problems(lived, clock) == ["The newest backup is 7 days old."]
    newest = known(lived, clock, back_up())
    assert problems(lived, clock) == []
    with lived.reading() as session:
        summary = check_backups(session, clock).summary
    assert summary.startswith("2, the newest of ")
    assert str(newest.file) in summary


def test_a_backup_that_was_not_sound_is_found(lived: Database, clock: MovedClock, back_up: BackUp) -> None:
    backup = back_up()
    known(lived, clock, replace(backup, manifest=backup.manifest.verified_at(None)))
    (problem,) = problems(lived, clock)
    assert problem == f"The newest backup, {backup.file}, was not found to be sound."


def test_backups_that_are_gone_are_found(lived: Database, clock: MovedClock, back_up: BackUp) -> None:
    first, second = known(lived, clock, back_up()), known(lived, clock, back_up())
    second.file.unlink()
    assert problems(lived, clock) == []
    first.file.unlink()
    assert problems(lived, clock) == ["None of the 2 known backups is where it was written."]
