"""Makes the screen always have the size of its terminal."""

from collections.abc import MutableMapping


def follow_terminal_size(environment: MutableMapping[str, str]) -> None:
    """Remove the variables that override the terminal in Textual and in editors.

    Some shells export them, and they do not change when a window is resized.
    """
    environment.pop("COLUMNS", None)
    environment.pop("LINES", None)
