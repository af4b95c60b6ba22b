"""The prompt's input history."""

from collections.abc import Callable

from prompt_toolkit.history import InMemoryHistory


class InputHistory(InMemoryHistory):
    """Input history without answers to questions and lines with secrets."""

    def __init__(self, may_keep: Callable[[str], bool]) -> None:
        super().__init__()
        self._may_keep = may_keep

    def append_string(self, string: str) -> None:
        """Keep a line unless it carries a secret."""
        if self._may_keep(string):
            super().append_string(string)
