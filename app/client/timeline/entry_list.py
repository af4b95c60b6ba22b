"""A list of entries that takes little memory.

A message without details is kept as bytes, about 150 of them instead of 400, and becomes an `Entry`
again whenever it is read. So what is read is a copy; `change` changes an entry. A message is found
by a checksum of its id: those of all entries are in one array of bytes.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from struct import Struct
from typing import overload
from zlib import crc32

from app.client.timeline.entry import Entry, EntryKind

_HEADER = Struct("<qBHH")  # the time, flags, and how many bytes the id and the author have
_KINDS = tuple(EntryKind)
_IS_MINE, _IS_MENTION = 16, 32
PACKED_BYTES = 48  # of a packed entry besides its content
KEY_BYTES = 4  # of a checksum
MAX_PACKED_BYTES = 1_000  # of an author or an id; others are not packed


def _pack(entry: Entry) -> Entry | bytes:
    """Return an entry as bytes, or as it is if it has details."""
    if entry.details is not None or not entry.is_message:
        return entry
    author, msgid = entry.author.encode(errors="surrogatepass"), entry.msgid.encode(errors="surrogatepass")
    if len(author) > MAX_PACKED_BYTES or len(msgid) > MAX_PACKED_BYTES:
        return entry
    flags = _KINDS.index(entry.kind) | entry.is_mine * _IS_MINE | entry.is_mention * _IS_MENTION
    header = _HEADER.pack(entry.at, flags, len(msgid), len(author))
    return b"".join((header, msgid, author, entry.text.encode(errors="surrogatepass")))


def _unpack(item: Entry | bytes) -> Entry:
    if isinstance(item, Entry):
        return item
    at, flags, msgid_bytes, author_bytes = _HEADER.unpack_from(item)
    msgid_end = _HEADER.size + msgid_bytes
    author_end = msgid_end + author_bytes
    return Entry(
        _KINDS[flags & (_IS_MINE - 1)],
        at,
        item[msgid_end:author_end].decode(errors="surrogatepass"),
        item[author_end:].decode(errors="surrogatepass"),
        item[_HEADER.size : msgid_end].decode(errors="surrogatepass"),
        bool(flags & _IS_MINE),
        bool(flags & _IS_MENTION),
    )


def _key(msgid: str) -> bytes:
    return crc32(msgid.encode(errors="surrogatepass")).to_bytes(KEY_BYTES)


def _keys(entries: Iterable[Entry]) -> bytes:
    return b"".join(_key(entry.msgid) for entry in entries)


class EntryList(Sequence[Entry]):
    """The entries of a timeline, oldest first; `size` is their memory, roughly, in bytes."""

    __slots__ = ("_items", "_keys", "size")

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._items: list[Entry | bytes] = []
        self._keys = bytearray()
        self.size = 0
        for entry in entries:
            self.append(entry)

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, index: int) -> Entry: ...

    @overload
    def __getitem__(self, index: slice) -> list[Entry]: ...

    def __getitem__(self, index: int | slice) -> Entry | list[Entry]:
        if isinstance(index, slice):
            return [_unpack(item) for item in self._items[index]]
        return _unpack(self._items[index])

    def __iter__(self) -> Iterator[Entry]:
        return map(_unpack, self._items)

    def append(self, entry: Entry) -> None:
        """Add an entry at the end."""
        item = _pack(entry)
        self._items.append(item)
        self._keys += _key(entry.msgid)
        self.size += _size(item)

    def prepend(self, entries: Iterable[Entry]) -> None:
        """Insert entries at the start, oldest first."""
        added = list(entries)
        items = [_pack(entry) for entry in added]
        self._items[:0] = items
        self._keys[:0] = _keys(added)
        self.size += sum(map(_size, items))

    def insert(self, index: int, entry: Entry) -> None:
        """Insert an entry before the one at an index."""
        item = _pack(entry)
        self._items.insert(index, item)
        self._keys[index * KEY_BYTES : index * KEY_BYTES] = _key(entry.msgid)
        self.size += _size(item)

    def drop(self, count: int) -> None:
        """Remove entries at the start."""
        self.size -= sum(map(_size, self._items[:count]))
        del self._items[:count]
        del self._keys[: count * KEY_BYTES]

    def change(self, index: int, change: Callable[[Entry], object]) -> None:
        """Change an entry in place."""
        self.size -= _size(self._items[index])
        entry = _unpack(self._items[index])
        change(entry)
        self._items[index] = item = _pack(entry)
        index %= len(self._items)
        self._keys[index * KEY_BYTES : (index + 1) * KEY_BYTES] = _key(entry.msgid)
        self.size += _size(item)

    def find_last(self, msgid: str, max_entries: int | None = None) -> int | None:
        """Return the index of the last message with an id, or None; look at a number of entries."""
        key, end = _key(msgid), len(self._keys)
        start = 0 if max_entries is None else max(0, end - max_entries * KEY_BYTES)
        while (place := self._keys.rfind(key, start, end)) >= 0:
            index, offset = divmod(place, KEY_BYTES)
            if not offset and self[index].msgid == msgid:
                return index
            end = place + KEY_BYTES - 1
        return None

    def with_details(self, start: int = 0, end: int | None = None) -> Iterator[Entry]:
        """Yield those of the entries from `start` to `end` that have details."""
        return (item for item in islice(self._items, start, end) if isinstance(item, Entry))


def _size(item: Entry | bytes) -> int:
    return item.size if isinstance(item, Entry) else PACKED_BYTES + len(item)
