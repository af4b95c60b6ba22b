"""A progress bar on standard error, shown only on a terminal."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from app.progress import Advance, Report

T = TypeVar("T")

UPDATE_INTERVAL_ITEMS = 500


@contextmanager
def show_progress(what: str, count: Callable[[], int]) -> Iterator[Advance]:
    """Show a progress bar and yield the function that advances it.

    `count` returns the total; it is called only if the bar is shown.
    """
    if not sys.stderr.isatty():
        yield lambda number: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=count())
        yield lambda number: progress.advance(task, number)


def count_items(things: Iterable[T], advance: Advance) -> Iterator[T]:
    """Yield the items, advancing the progress bar as they are consumed."""
    for number, thing in enumerate(things, 1):
        yield thing
        if number % UPDATE_INTERVAL_ITEMS == 0:
            advance(UPDATE_INTERVAL_ITEMS)


@contextmanager
def show_share(what: str) -> Iterator[Report]:
    """Show a progress bar and yield the function that sets how much of what total is done."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
