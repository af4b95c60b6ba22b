"""Stores batches in the log, and settles commits whose answer was lost."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from app.clock import Clock
from app.db.database import Database
from app.db.log import make_placeholder
from app.db.notifications import Channel
from app.db.savepoint import savepoint
from app.db.transient import encode_transient
from app.errors import StorageError
from app.events import Event
from app.services.ledger.log_reader import LogReader
from app.services.record import record_silently

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CommitInDoubt:
    """A commit that reported an error, but may have taken effect."""

    events: Sequence[Event]
    rejected: list[Event]


class LogWriter(LogReader):
    """The log that this server appends to. Belongs to the engine's thread.

    Raises: StorageError from any method when the database fails. The transaction is then rolled
        back, and the caller may retry.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(database, clock)
        self._in_doubt: CommitInDoubt | None = None

    def commit(self, events: Sequence[Event], transient: Sequence[Event] = ()) -> list[Event]:
        """Record the events and commit; return the events that the database rejected.

        Other nodes are then notified of the events, and of those in `transient`, which are not
        stored. The transaction must be open. The other events are stored even if some are rejected.

        Raises: StorageError. Call `resolve_commit` before the events are committed again, because
            they may be stored: the answer to COMMIT was lost, or the files were.
        """
        self.is_kept_open = False
        try:
            self._require_continuity()
            rejected = self._store(events, transient)
            self.require_files()
        except SQLAlchemyError as error:
            raise self.abort(error) from error
        self._mark_stored(events)
        return rejected

    def _mark_stored(self, events: Sequence[Event]) -> None:
        self._in_doubt = None
        self.log.mark_committed(events)
        self.stored_id = self.last_id

    def _store(self, events: Sequence[Event], transient: Sequence[Event]) -> list[Event]:
        """Commit the events together, or record them singly if one is rejected; return those.

        PostgreSQL reports a rejected event when it is asked to commit.
        """
        try:
            if events:
                record_silently(self.connection, self.log, events)
            self._commit(events, transient, [])
        except Exception as error:
            if self.database.dialect.is_transient_error(error):
                raise
        else:
            return []
        return self._store_singly(events, transient)

    def _store_singly(self, events: Sequence[Event], transient: Sequence[Event]) -> list[Event]:
        """Record each event on its own, and commit; return the rejected events."""
        self._reopen()
        rejected = self._record_singly(events)
        self._commit(events, transient, rejected)
        return rejected

    def _commit(self, events: Sequence[Event], transient: Sequence[Event], rejected: list[Event]) -> None:
        if events:
            self._in_doubt = CommitInDoubt(events, rejected)
        self._publish(events, transient)
        self.connection.commit()

    def _publish(self, events: Sequence[Event], transient: Sequence[Event]) -> None:
        """Notify other nodes, if any, of events that are stored, and send them those that are not.

        What is too long is not sent. A notification also wakes the session and the thread that
        listen in this server.
        """
        if self.membership is None or self.membership.is_alone:
            return
        notify = self.database.dialect.notify
        if events:
            notify(self.connection, Channel.LOG, str(events[-1].id))
        for event in transient:
            payload = encode_transient(self.membership.name, event)
            if payload is not None:
                notify(self.connection, Channel.TRANSIENT, payload)

    def _reopen(self) -> None:
        """Roll back and begin another transaction at the same position.

        Raises: StorageError if another process appended in between, so the changeset must be
        retried.
        """
        self.connection.rollback()
        known = self.log.last_id
        if self.open():
            self.connection.rollback()
            self.log.last_id, self._version = known, None
            raise StorageError("another process appended to the log; retrying")

    def _record_singly(self, events: Sequence[Event]) -> list[Event]:
        """Record each event in its own savepoint; return the rejected events.

        A rejected event is replaced by a VOID row, which keeps the ids contiguous.
        """
        start = self.log.last_id
        rejected = []
        try:
            for event in events:
                if not self._record_or_void(event):
                    rejected.append(event)
                self.log.last_id += 1
        finally:
            self.log.last_id = start  # until the transaction is committed
        return rejected

    def _record_or_void(self, event: Event) -> bool:
        """Record an event, or a VOID row if it is rejected; return whether it was recorded."""
        try:
            with savepoint(self.connection):
                record_silently(self.connection, self.log, [event])
                self.database.dialect.await_results(self.connection)
        except Exception as error:
            if self.database.dialect.is_transient_error(error):
                raise
            logger.exception("Cannot store an event of kind %s; its author receives an error.", event.kind)
            record_silently(self.connection, self.log, [make_placeholder(event)])
            return False
        return True

    def resolve_commit(self) -> list[Event] | None:
        """Return the rejected events if the last commit took effect despite its error, else None.

        Without this, a retry would read its own events as remote ones and store them again.
        """
        if self._in_doubt is None:
            return None
        try:
            connection = self.begin()
            is_stored = self.log.has_last_batch(connection)
            if is_stored:
                self._require_replication()
            connection.rollback()  # unless that has ended the transaction
        except SQLAlchemyError as error:
            raise self.abort(error) from error
        settled, self._in_doubt = self._in_doubt, None
        if not is_stored:
            return None
        self._mark_stored(settled.events)
        return settled.rejected

    def _require_replication(self) -> None:
        """With nodes, commit a write, so that the standby has the batch that is stored, too.

        The commit waits for the standby to have everything before it. The session of the batch may
        have ended without that.
        """
        if self.membership is not None:
            self.membership.renew(self.connection, self.last_id)
            self.connection.commit()
