"""Helpers for running an import and inspecting its result."""

from collections.abc import Callable
from typing import Any

from app.services.history.entry import HistoryEntry
from app.services.history.history import History
from app.services.history.selection import HistorySelection
from app.services.legacy import ImportReport
from tests.story import Story

Run = Callable[..., ImportReport]


def said(story: Story, **wanted: Any) -> list[HistoryEntry]:
    """Return the selected history."""
    return list(History(story.database, HistorySelection(**wanted)).entries())


def counts(report: ImportReport) -> tuple[int, int, int, int, int]:
    """Return the numbers of a report."""
    return (
        report.accounts_taken,
        report.accounts_known,
        report.messages_taken,
        report.messages_known,
        len(report.refused),
    )
