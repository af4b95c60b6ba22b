"""Deletions of messages, also of those that are not loaded yet."""

from app.client.protocol.events import Redacted
from app.client.timeline.entry import Details, Entry

MAX_EARLY_REDACTIONS = 1_000  # per timeline; beyond it, the oldest are forgotten
DELETED = "(deleted)"  # in place of the text, where a reply quotes it


def redact(entry: Entry, redacted: Redacted) -> Entry:
    """Replace the text of an entry by the author and reason of its deletion; return it."""
    entry.details = entry.details or Details()
    entry.details.redacted_by, entry.details.reason = redacted.by, redacted.reason
    entry.text = ""
    return entry


class EarlyRedactions:
    """Redactions of messages that are not loaded, to be applied when they are."""

    def __init__(self) -> None:
        self._by_msgid: dict[str, Redacted] = {}

    def __len__(self) -> int:
        return len(self._by_msgid)

    def add(self, redacted: Redacted) -> None:
        """Remember a redaction."""
        if len(self._by_msgid) >= MAX_EARLY_REDACTIONS:
            del self._by_msgid[next(iter(self._by_msgid))]
        self._by_msgid[redacted.msgid] = redacted

    def apply(self, entry: Entry) -> Entry:
        """Redact an entry if its message was deleted; return the entry."""
        redacted = self._by_msgid.get(entry.msgid) if entry.msgid else None
        return entry if redacted is None else redact(entry, redacted)
