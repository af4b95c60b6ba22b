"""Callbacks by which long work reports its progress."""

from collections.abc import Callable

Advance = Callable[[int], None]  # takes the number of items done since the last call
Report = Callable[[int, int], None]  # takes the numbers of items done so far, and of all
