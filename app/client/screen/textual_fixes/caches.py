"""Limits caches of Textual and Rich that keep styles and texts which were drawn.

Their keys contain what was drawn and where, so that lines which scroll by fill them with entries
that are not found again: thousands, of more than a kilobyte each.
"""

from functools import lru_cache
from typing import Any

from rich.segment import Segment
from textual.strip import Strip

MAX_ENTRIES = 512  # of a cache; a screen has fewer


def limit_caches() -> None:
    """Give those of the caches that are large a limit of their own."""
    _limit(Strip, "render_ansi")
    _limit(Segment, "_split_cells")


def _limit(owner: Any, name: str) -> None:
    """Replace a cached class method by the same with a smaller cache."""
    function = getattr(owner, name).__func__.__wrapped__
    cached: Any = lru_cache(MAX_ENTRIES)(function)
    setattr(owner, name, classmethod(cached))
