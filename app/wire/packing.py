"""Packing words into texts that fit a line."""

from collections.abc import Iterable, Iterator

from app.wire.framing import fitting, size


class Packing:
    """Texts of words with a space (or another byte) between them, each at most so many bytes of UTF-8."""

    def __init__(self, most: int, separator: str = " ") -> None:
        self.count = 0  # words so far
        self._most = most
        self._separator = separator
        self._full: list[str] = []
        self._words: list[str] = []
        self._used = 0

    def add(self, word: str) -> None:
        """Put a word behind the others; one that is longer than a text may be has a text of its own."""
        added = size(word) + 1
        if self._words and self._used + added > self._most + 1:
            self._full.append(self._separator.join(self._words))
            self._words, self._used = [], 0
        self._words.append(word)
        self._used += added
        self.count += 1

    @property
    def texts(self) -> list[str]:
        """All texts, in order."""
        return [*self._full, self._separator.join(self._words)] if self._words else list(self._full)


def packed(words: Iterable[str], most: int, separator: str = " ") -> list[str]:
    """Return texts of words, each at most so many bytes of UTF-8."""
    packing = Packing(most, separator)
    for word in words:
        packing.add(word)
    return packing.texts


def cut(words: Iterable[str], most: int) -> Iterator[str]:
    """Yield the words, those in pieces that are longer than so many bytes of UTF-8, which are four at least."""
    for word in words:
        rest = word
        while len(piece := fitting(rest, most)) < len(rest):
            yield piece
            rest = rest[len(piece) :]
        yield rest
