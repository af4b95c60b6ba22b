"""Running an import, and telling what came of it."""

from collections.abc import Callable
from typing import Any

from app.services.history import Entry, History, Selection
from app.services.legacy import Report
from tests.story import Story

Run = Callable[..., Report]


def said(story: Story, **wanted: Any) -> list[Entry]:
    """Return everything that was said."""
    return list(History(story.database, Selection(**wanted)).entries())


def counts(report: Report) -> tuple[int, int, int, int, int]:
    """Return a report in short."""
    return (
        report.accounts_taken,
        report.accounts_known,
        report.messages_taken,
        report.messages_known,
        len(report.refused),
    )
