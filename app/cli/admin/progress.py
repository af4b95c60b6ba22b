"""A progress bar on standard error, shown only on a terminal."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

STEP = 500  # items between two updates

Advance = Callable[[int], None]


@contextmanager
def bar(what: str, count: Callable[[], int]) -> Iterator[Advance]:
    """Show a bar and yield the function that advances it. `count` is called only if it is shown."""
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
    """Yield the items while advancing the bar."""
    for number, thing in enumerate(things, 1):
        yield thing
        if number % STEP == 0:
            advance(STEP)
