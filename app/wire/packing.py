"""Packs words into as few lines as possible."""

from collections.abc import Iterable, Iterator

from app.text.graphemes import split_text
from app.wire.framing import byte_length


class WordPacker:
    """Joins words into texts of at most `limit` UTF-8 bytes each."""

    def __init__(self, limit: int, separator: str = " ") -> None:
        self.count = 0  # words added
        self._limit = limit
        self._separator = separator
        self._full: list[str] = []
        self._words: list[str] = []
        self._used = 0

    def add(self, word: str) -> None:
        """Append a word; a word longer than the limit gets a text of its own."""
        added = byte_length(word) + 1
        if self._words and self._used + added > self._limit + 1:
            self._full.append(self._separator.join(self._words))
            self._words, self._used = [], 0
        self._words.append(word)
        self._used += added
        self.count += 1

    @property
    def texts(self) -> list[str]:
        """All texts, in order."""
        return [*self._full, self._separator.join(self._words)] if self._words else list(self._full)


def pack_words(words: Iterable[str], limit: int, separator: str = " ") -> list[str]:
    """Return the words joined into texts of at most `limit` UTF-8 bytes each."""
    packer = WordPacker(limit, separator)
    for word in words:
        packer.add(word)
    return packer.texts


def split_long_words(words: Iterable[str], limit: int) -> Iterator[str]:
    """Yield the words, with those longer than `limit` UTF-8 bytes split between graphemes."""
    for word in words:
        yield from split_text(word, limit)
