"""A progress bar on standard error, for work that takes long; nothing when nobody looks."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

STEP = 500  # things between two looks at the bar

Advance = Callable[[int], None]


@contextmanager
def bar(what: str, count: Callable[[], int]) -> Iterator[Advance]:
    """Show a bar, and give what moves it. Things are counted only if there is somebody to see it."""
    if not sys.stderr.isatty():
        yield lambda number: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=count())
        yield lambda number: progress.advance(task, number)


def counted(things: Iterable[T], advance: Advance) -> Iterator[T]:
    """Pass the things on and move the bar."""
    for number, thing in enumerate(things, 1):
        yield thing
        if number % STEP == 0:
            advance(STEP)
