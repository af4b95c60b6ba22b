"""An index of masks: finds those that match a text without trying each of them.

A mask is compiled once, when it is first tried. It is filed under its literal start (`bob!` of
`bob!*@*`) or its literal end (`.bad.example` of `*!*@*.bad.example`), whichever is longer. A
look-up then costs one probe for each length of a start or end in the index, and tries only the
masks found there. A mask that begins and ends with a wildcard is tried only on texts that contain
its longest literal part.
"""

import re
from collections.abc import Callable, Hashable, Iterator
from functools import cached_property
from typing import Generic, TypeVar

from app.wire.masks import compile_mask
from app.wire.names import caseless

T = TypeVar("T")
_WILDCARDS = re.compile(r"[*?]+")


class PartitionedIndex(Generic[T]):
    """Entries by id, filed under a key in one of a few partitions.

    The key of what is looked up may differ between the partitions. For example, a partition holds
    the networks of one prefix length, and the key is the prefix.
    """

    def __init__(self) -> None:
        self._partitions: dict[int, dict[Hashable, dict[Hashable, T]]] = {}

    def add(self, partition: int, key: Hashable, id: Hashable, entry: T) -> None:
        """Add an entry, or replace the one with the same key and id."""
        self._partitions.setdefault(partition, {}).setdefault(key, {})[id] = entry

    def discard(self, partition: int, key: Hashable, id: Hashable) -> None:
        """Remove an entry, if it exists."""
        keys = self._partitions.get(partition, {})
        entries = keys.get(key, {})
        entries.pop(id, None)
        if not entries:
            keys.pop(key, None)
        if not keys:
            self._partitions.pop(partition, None)

    def find(self, key_in: Callable[[int], Hashable]) -> Iterator[T]:
        """Yield the entries under the key that the function returns for each partition."""
        for partition, keys in self._partitions.items():
            entries = keys.get(key_in(partition))
            if entries:
                yield from entries.values()


class _IndexedMask(Generic[T]):
    """An indexed mask: its longest literal part, its pattern, and the value it was added with."""

    def __init__(self, mask: str, literal: str, value: T) -> None:
        self._mask = mask
        self.literal = literal
        self.value = value

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return compile_mask(self._mask)

    def matches(self, folded: str) -> bool:
        return self._pattern.fullmatch(folded) is not None


class MaskIndex(Generic[T]):
    """Values by the masks that they belong to. Each has an id, so that masks may repeat."""

    def __init__(self) -> None:
        self._starts: PartitionedIndex[_IndexedMask[T]] = PartitionedIndex()  # by length of the literal start
        self._ends: PartitionedIndex[_IndexedMask[T]] = PartitionedIndex()  # by length of the literal end
        self._unanchored: dict[Hashable, _IndexedMask[T]] = {}

    def add(self, mask: str, id: Hashable, value: T) -> None:
        """Add a mask and its value."""
        literals = _WILDCARDS.split(caseless(mask))
        filed = _IndexedMask(mask, max(literals, key=len), value)
        start, end = literals[0], literals[-1]
        if not (start or end):
            self._unanchored[id] = filed
        elif len(start) >= len(end):
            self._starts.add(len(start), start, id, filed)
        else:
            self._ends.add(len(end), end, id, filed)

    def discard(self, mask: str, id: Hashable) -> None:
        """Remove the value with this id from a mask."""
        literals = _WILDCARDS.split(caseless(mask))
        start, end = literals[0], literals[-1]
        self._starts.discard(len(start), start, id)
        self._ends.discard(len(end), end, id)
        self._unanchored.pop(id, None)

    def find(self, text: str) -> Iterator[T]:
        """Yield the values whose masks match the whole text, ignoring case."""
        folded = caseless(text)
        for filed in self._starts.find(lambda length: folded[:length]):
            if filed.matches(folded):
                yield filed.value
        for filed in self._ends.find(lambda length: folded[-length:]):
            if filed.matches(folded):
                yield filed.value
        for filed in self._unanchored.values():
            if filed.literal in folded and filed.matches(folded):
                yield filed.value
