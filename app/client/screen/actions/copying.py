"""Copies text from the screen to the clipboard of the terminal's computer."""

import os
from collections.abc import Callable

from app.client.terminal.clipboard import encode_copy
from app.client.terminal.passthrough import find_multiplexer
from app.errors import UsageError
from app.text.counts import count_of


class TextCopier:
    """Sends copied text to the clipboard of the terminal, and confirms it with a notice."""

    def __init__(self, write: Callable[[str], None], notify: Callable[[str], None]) -> None:
        self._write = write
        self._notify = notify
        self._multiplexer = find_multiplexer(os.environ)

    def copy(self, text: str) -> None:
        """Copy a text, or show why that is impossible."""
        try:
            self._write(encode_copy(text, self._multiplexer))
        except UsageError as error:
            self._notify(error.sentence)
        else:
            self._notify(f"Copied {count_of(len(text), 'character')}.")
