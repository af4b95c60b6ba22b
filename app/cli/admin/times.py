"""The options `--since` and `--until`, with times in UTC."""

from datetime import UTC
from typing import Annotated

import typer

from app.text.local_time import WallClock
from app.text.periods import parse_period

Since = Annotated[
    str | None,
    typer.Option("--since", metavar="TIME", help="Start time, UTC: 2026-11-22, 2026-11, 2h, yesterday."),
]
Until = Annotated[
    str | None,
    typer.Option(
        "--until", metavar="TIME", help="End time, UTC. A day, week, month or year includes all of it."
    ),
]


def since(text: str | None, now: int) -> int | None:
    """Return the first instant of a period as a Unix timestamp in milliseconds.

    Raises: UsageError when the text cannot be parsed.
    """
    return None if text is None else parse_period(text, WallClock(now, UTC)).first


def until(text: str | None, now: int) -> int | None:
    """Return the last instant of a period as a Unix timestamp in milliseconds.

    Raises: UsageError when the text cannot be parsed.
    """
    return None if text is None else parse_period(text, WallClock(now, UTC)).last
