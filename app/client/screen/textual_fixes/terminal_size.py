"""Lets the screen always have the size of its terminal."""

from collections.abc import MutableMapping


def follow_terminal_size(environment: MutableMapping[str, str]) -> None:
    """Remove the variables that Textual and an editor would believe instead of the terminal.

    Some shells export them, and nobody updates them when a window is resized.
    """
    environment.pop("COLUMNS", None)
    environment.pop("LINES", None)
