"""Running an import, and telling what came of it."""

from collections.abc import Callable
from typing import Any

from app.services.history import History, HistoryEntry, HistorySelection
from app.services.legacy import ImportReport
from tests.story import Story

Run = Callable[..., ImportReport]


def said(story: Story, **wanted: Any) -> list[HistoryEntry]:
    """Return everything that was said."""
    return list(History(story.database, HistorySelection(**wanted)).entries())


def counts(report: ImportReport) -> tuple[int, int, int, int, int]:
    """Return a report in short."""
    return (
        report.accounts_taken,
        report.accounts_known,
        report.messages_taken,
        report.messages_known,
        len(report.refused),
    )
