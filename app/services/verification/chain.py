"""Follows the hash chain through the log, and finds what was altered, lost or inserted.

The log is read in pages, each in a transaction of its own, so that the server can go on. A digest
that does not match is found in the batch where it first differs. The next batch is then compared
with the stored and the computed digest, so one alteration is one finding.
"""

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import ColumnElement, Connection, exists, func, or_, select

from app.db.chain.digests import START, digest_chain, digest_rows
from app.db.chain.entries import EntryReader, LogEntry
from app.db.chain.links import ChainLink, Position, read_links
from app.db.chain.rows import StoredEvent
from app.db.database import Database
from app.db.models import EventCommitmentRow, EventRow
from app.progress import Advance
from app.services.verification.report import ChainReport

_event = EventRow.__table__
_commitment = EventCommitmentRow.__table__


def verify_chain(
    database: Database,
    known: Sequence[Position] = (),
    advance: Advance = lambda events: None,
) -> ChainReport:
    """Verify the whole chain, and compare it with positions whose digests are known.

    `advance` receives the number of positions verified since its last call.
    """
    follower = ChainFollower(known)
    is_finished = False
    while not is_finished:
        start = follower.report.end.last_id
        with database.snapshot() as connection:
            is_finished = follower.verify_page(connection)
        advance(follower.report.end.last_id - start)
    return follower.report


def verify_snapshot(connection: Connection, known: Sequence[Position] = ()) -> ChainReport:
    """Verify the chain like `verify_chain`, but as one transaction sees it."""
    follower = ChainFollower(known)
    while not follower.verify_page(connection):
        pass
    return follower.report


class ChainFollower:
    """Follows the chain page by page, and collects the findings in `report`."""

    def __init__(self, known: Iterable[Position]) -> None:
        self.report = ChainReport()
        self._known = {position.last_id: position.digest for position in known}
        self._computed = START  # the digest at the end so far, computed from the link before
        self._is_partial = True  # the last link was made while the chain was built for older events

    def verify_page(self, connection: Connection) -> bool:
        """Verify the next links; return whether the end of the chain is reached."""
        links = read_links(connection, self.report.end.last_id)
        if not links:
            self._check_tail(connection)
            self._check_unseen()
            return True
        start, last = self.report.end.last_id, links[-1].last_id
        self._check_commitments(connection, start, last)
        reader = EntryReader(connection, start, last)
        for link in links:
            self._verify_link(link, reader.read_to(link.last_id))
        return False

    def _verify_link(self, link: ChainLink, entries: Iterator[LogEntry]) -> None:
        report, count = self.report, self.report.finding_count
        first = report.end.last_id + 1
        rows_digest = self._digest_batch(first, link, entries)
        digests = [digest_chain(previous, rows_digest) for previous in (report.end.digest, self._computed)]
        if link.digest not in digests and report.finding_count == count:
            report.add(first, link.last_id, "An event or the digest of the batch was altered.")
        self._computed = digests[0]
        self._is_partial = bool(link.is_partial)
        report.end = Position(link.last_id, link.digest)
        if self._known.pop(link.last_id, link.digest) != link.digest:
            report.add(1, link.last_id, "The log is not the one whose digest is known.")

    def _digest_batch(self, first: int, link: ChainLink, entries: Iterator[LogEntry]) -> bytes:
        if link.rows_digest is None:
            return digest_rows(self._row_digests(first, link.last_id, entries))
        self.report.removed += link.last_id - first + 1
        for entry in entries:
            self.report.add(entry.id, entry.id, "The event was inserted into a batch that had been removed.")
        return link.rows_digest

    def _row_digests(self, first: int, last: int, entries: Iterator[LogEntry]) -> Iterator[bytes]:
        """Yield the row digest of each position; report those that are missing."""
        for entry in entries:
            self._require_contiguous(first, entry.id - 1)
            first = entry.id + 1
            yield self._row_digest(entry)
        self._require_contiguous(first, last)

    def _require_contiguous(self, first: int, last: int) -> None:
        if first <= last:
            self.report.add(first, last, "Missing from the log.")

    def _row_digest(self, entry: LogEntry) -> bytes:
        if entry.event is None:
            self.report.removed += 1
            return entry.tombstone or b""
        self.report.events += 1
        if entry.tombstone is not None:
            self.report.add(entry.id, entry.id, "The event was inserted where one had been removed.")
            return entry.tombstone
        self._check_erased(entry.event)
        row_digest = entry.event.row_digest
        if row_digest is None:
            self.report.add(entry.id, entry.id, "The salt of the event was lost.")
        return row_digest or b""

    def _check_erased(self, event: StoredEvent) -> None:
        is_erased = event.people_salt is None or event.content_salt is None
        self.report.erased += is_erased
        if event.content_salt is None and event.values[11]:
            self.report.add(event.id, event.id, "The text of the event was inserted after its erasure.")

    def _check_commitments(self, connection: Connection, start: int, last: int) -> None:
        """Check that only erased parts of events have stored commitments."""
        is_needed = exists().where(
            _event.c.id == _commitment.c.event_id,
            or_(_commitment.c.people.is_(None), _event.c.people_salt.is_(None)),
            or_(_commitment.c.content.is_(None), _event.c.content_salt.is_(None)),
        )
        in_page = _commitment.c.event_id.between(start + 1, last)
        for number in connection.scalars(select(_commitment.c.event_id).where(in_page, ~is_needed)):
            self.report.add(number, number, "A commitment was inserted for what was not erased.")

    def _check_tail(self, connection: Connection) -> None:
        """Check the events after the end of the chain: there are some only while it is built."""
        end = self.report.end.last_id
        self.report.last_id = max(end, connection.scalar(select(func.max(_event.c.id))) or 0)
        salted = or_(_event.c.people_salt.is_not(None), _event.c.content_salt.is_not(None))
        if first := self._find_first(connection, _event.c.id > end, salted):
            self.report.add(first, self.report.last_id, "The digests of the events were lost.")
        elif not self._is_partial and (first := self._find_first(connection, _event.c.id > end)):
            self.report.add(
                first, self.report.last_id, "The events were inserted after the end of the chain."
            )

    def _find_first(self, connection: Connection, *conditions: ColumnElement[bool]) -> int | None:
        first: int | None = connection.scalar(select(func.min(_event.c.id)).where(*conditions))
        return first

    def _check_unseen(self) -> None:
        """Report known positions at which no batch ends."""
        for position in self._known:
            self.report.add(position, position, "No batch ends at the position whose digest is known.")
