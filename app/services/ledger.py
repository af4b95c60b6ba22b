"""The engine's access to the log: one connection, one transaction at a time."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from app.clock import Clock
from app.db.chain.build import extend_chain
from app.db.database import Database
from app.db.dialect import HOLDS_LOCK
from app.db.fulltext import fulltext_of
from app.db.log import Log, make_placeholder
from app.db.notifications import Channel, notify
from app.db.savepoint import savepoint
from app.db.space import space_of
from app.db.transient import encode_transient
from app.errors import LeaseExpired, LogBusy, LogReplaced, StorageError
from app.events import Event
from app.services.administration.audit import append, make_audit_row
from app.services.erasure.steps import ErasurePhase, Progress, advance, find_progress, finish
from app.services.indexing import Indexer, make_indexer
from app.services.nodes.membership import Membership
from app.services.record import announce, record_silently
from app.services.rooms.keys import restore_room_keys

T = TypeVar("T")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CommitInDoubt:
    """A commit that reported an error, but may have taken effect."""

    events: Sequence[Event]
    rejected: list[Event]


class Ledger:
    """Reads remote events, and records and commits local ones. Belongs to the engine's thread.

    Raises: StorageError from any method when the database fails. The transaction is then rolled
        back, and the caller may retry.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._log = Log(clock)
        self._connection: Connection | None = None
        self._version: int | None = None
        self._files_may_be_lost = False  # the files were not in place at the last check
        self._indexer: Indexer | None = None  # from `start` on
        self._in_doubt: CommitInDoubt | None = None
        self.membership: Membership | None = None  # of this server among the nodes, if there can be others
        self._is_continuous = False  # the log on this connection continues what was read before

    @property
    def connection(self) -> Connection:
        """The connection, for reads within the transaction; reopened after a failure."""
        if self._connection is None:
            self._connection = self._database.connect_to_append()
            self._version = None  # each connection counts on its own
        return self._connection

    @property
    def last_id(self) -> int:
        """The id of the last event read or committed."""
        return self._log.last_id

    def start(self, read: Callable[[Connection], T]) -> T:
        """Start at the end of the log, and return what `read` finds in the tables at that position.

        That is a snapshot and does not need the log's lock, so it does not delay other nodes.
        """
        try:
            with self._database.snapshot() as snapshot:
                self._log.seek_to_end(snapshot)
                self._log.find_chain(snapshot)
                self._indexer = make_indexer(self._database, snapshot)
                return read(snapshot)
        except SQLAlchemyError as error:
            raise self._abort(error) from error

    def join(self, membership: Membership) -> Event:
        """Take the place of this node in the open transaction; return the event to append.

        From now on, each transaction requires that the node still has its place.

        Raises: DatabaseRefused when the settings do not fit those of a running node.
        """
        event = membership.take(self.connection, self.last_id)
        self.membership = membership
        return event

    def has_remote_events(self) -> bool:
        """Return whether to open the log: another process may have appended, or files were lost.

        Cheap; takes no lock.
        """
        if self._database.dialect.find_lost_files():
            self._files_may_be_lost = True
            return True
        try:
            version = self._database.dialect.version(self.connection)
        except SQLAlchemyError:
            return True
        return self.membership is None if version is None else version != self._version

    def open(self) -> list[Event]:
        """Begin a transaction and return the events appended by other processes since `last_id`.

        The events are complete: applying them needs no query, which could fail half-way.

        Raises: NodeLost when this server may not go on.
        """
        known = self._log.last_id
        try:
            connection = self._begin()
            self._require_continuity()
            end = self._require_place()
            version = self._database.dialect.version(connection)
            if end == known or (version is not None and version == self._version):
                return []
            return self._read_remote_events(version)
        except SQLAlchemyError as error:
            self._log.last_id = known  # read them again after the rollback
            raise self._abort(error) from error

    def _require_continuity(self) -> None:
        """Check on a new connection that the log contains what this server has read.

        The transaction then also writes. So its commit waits until the standby has all that is
        read in it: after a crash, PostgreSQL shows commits that were not replicated.

        Raises: LogReplaced when the log lacks events; this is then recorded in it. LeaseExpired
            when this node was removed.
        """
        if self._is_continuous:
            return
        lost = self._log.find_divergence(self.connection)
        if lost is not None:
            self._report_replacement(lost)
        if self.membership is not None:
            self.membership.watch_again()
            self.membership.renew(self.connection, self.last_id)
        self._is_continuous = True

    def _report_replacement(self, lost: str) -> NoReturn:
        name = "main" if self.membership is None else self.membership.name
        reason = f"{lost} This server has shown events that are lost, and disconnects its clients."
        append(self.connection, make_audit_row(self._clock, name, "node.log-replaced", name, reason=reason))
        self.connection.commit()
        raise LogReplaced(reason)

    def _read_remote_events(self, version: int | None) -> list[Event]:
        news: list[Event] = []
        while found := self._log.catch_up(self.connection):
            news += found
        restore_room_keys(self.connection, news)
        self._version = version
        return news

    @property
    def has_nodes(self) -> bool:
        """Whether other servers may append to the log."""
        return self.membership is not None

    def read_news(self) -> list[Event]:
        """Return the events appended by other processes since `last_id`, without the log's lock.

        What is committed is a contiguous part of the log, so it can be delivered at once.

        Raises: NodeLost when this server may not go on.
        """
        known = self._log.last_id
        try:
            connection = self.connection  # may be a new one
            if not self._is_continuous:
                events = self.open()
                connection.commit()
                return events
            with self._unlocked(), connection.begin():
                return self._read_remote_events(None)
        except SQLAlchemyError as error:
            self._log.last_id = known
            raise self._abort(error) from error

    @contextmanager
    def _unlocked(self) -> Iterator[Connection]:
        """Let transactions of the connection begin without taking the log's lock."""
        connection = self.connection
        connection.execution_options(**{HOLDS_LOCK: False})
        try:
            yield connection
        finally:
            connection.execution_options(**{HOLDS_LOCK: True})

    def renew_lease(self, membership: Membership) -> None:
        """Renew the lease of this node, and look for nodes whose lease has expired.

        Raises: LeaseExpired when the other nodes have removed this one.
        """
        try:
            with self._unlocked() as connection, connection.begin():
                membership.renew(connection, self.last_id)
                membership.find_expired(connection)
        except SQLAlchemyError as error:
            raise self._abort(error) from error

    def read(self, query: Callable[[Connection], T]) -> T:
        """Run a query within the transaction; if the connection fails, once more on a new one.

        Events that other programs append in between make the commit fail, and it is retried.
        """
        try:
            return self._run(query)
        except SQLAlchemyError as error:
            if not self._database.dialect.is_transient_error(error):
                raise
            self._abort(error)
        try:
            return self._run(query)
        except SQLAlchemyError as error:
            raise self._abort(error) from error

    def _run(self, query: Callable[[Connection], T]) -> T:
        if self.connection.in_transaction():
            return query(self.connection)
        with self.connection.begin():
            return query(self.connection)

    def commit(self, events: Sequence[Event], transient: Sequence[Event] = ()) -> list[Event]:
        """Record the events and commit; return the events that the database rejected.

        Other nodes are then notified of the events, and of those in `transient`, which are not
        stored. The transaction must be open. The other events are stored even if some are rejected.

        Raises: StorageError. Call `resolve_commit` before the events are committed again, because
            they may be stored: the answer to COMMIT was lost, or the files were.
        """
        try:
            self._require_continuity()
            rejected = self._store(events, transient)
            self._require_files()
        except SQLAlchemyError as error:
            raise self._abort(error) from error
        self._in_doubt = None
        self._log.mark_committed(events)
        return rejected

    def _publish(self, events: Sequence[Event], transient: Sequence[Event]) -> None:
        """Notify other nodes, if any, of events that are stored, and send them those that are not.

        What is too long is not sent. A notification also wakes the session and the thread that
        listen in this server.
        """
        if self.membership is None or self.membership.is_alone:
            return
        announce(self.connection, events)
        for event in transient:
            payload = encode_transient(self.membership.name, event)
            if payload is not None:
                notify(self.connection, Channel.TRANSIENT, payload)

    def resolve_commit(self) -> list[Event] | None:
        """Return the rejected events if the last commit took effect despite its error, else None.

        Without this, a retry would read its own events as remote ones and store them again.
        """
        if self._in_doubt is None:
            return None
        try:
            connection = self._begin()
            is_stored = self._log.has_last_batch(connection)
            self._require_replication(is_stored)
        except SQLAlchemyError as error:
            raise self._abort(error) from error
        settled, self._in_doubt = self._in_doubt, None
        if not is_stored:
            return None
        self._log.mark_committed(settled.events)
        return settled.rejected

    def _require_replication(self, is_stored: bool) -> None:
        """End the transaction; with nodes, wait until a batch that is stored is on the standby.

        A commit that writes waits for the standby to have everything before it. The session of the
        batch may have ended without that.
        """
        if is_stored and self.membership is not None:
            self.membership.renew(self.connection, self.last_id)
            self.connection.commit()
        else:
            self.connection.rollback()

    def _begin(self) -> Connection:
        """Begin a transaction and return its connection."""
        if self._files_may_be_lost:
            self._require_files()
        self.connection.begin()
        return self.connection

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Begin a transaction of upkeep, and commit it unless the block raises."""
        with self.connection.begin():
            self._require_place()
            yield

    def _require_place(self) -> int | None:
        """Check in the open transaction that this node still has its place.

        Return the last position of the log, or None if there can be no other nodes.

        Raises: LeaseExpired.
        """
        if self.membership is None:
            return None
        try:
            last_id = self.membership.require(self.connection)
        except LeaseExpired:
            self.connection.rollback()
            raise
        if self.membership.expired_nodes:  # unless others have removed them
            self.membership.lock_expired(self.connection)
        return last_id

    def _require_files(self) -> None:
        """Check that what is committed is in files that a restart will find.

        Raises: StorageError if it is not, and cannot be saved.
        """
        if self._database.dialect.find_lost_files():
            self._files_may_be_lost = True
            connection, self._connection = self._connection, None
            self._database.dialect.recover_lost_files(self._database.engine, connection)
        self._files_may_be_lost = False

    def _store(self, events: Sequence[Event], transient: Sequence[Event]) -> list[Event]:
        """Commit the events together, or record them singly if one is rejected; return those.

        PostgreSQL reports a rejected event when it is asked to commit.
        """
        try:
            if events:
                record_silently(self.connection, self._log, events)
            self._commit(events, transient, [])
        except Exception as error:
            if self._database.dialect.is_transient_error(error):
                raise
        else:
            return []
        self._reopen()
        rejected = self._record_singly(events)
        self._commit(events, transient, rejected)
        return rejected

    def _commit(self, events: Sequence[Event], transient: Sequence[Event], rejected: list[Event]) -> None:
        if events:
            self._in_doubt = CommitInDoubt(events, rejected)
        self._publish(events, transient)
        self.connection.commit()

    def _reopen(self) -> None:
        """Roll back and begin another transaction at the same position.

        Raises: StorageError if another process appended in between, so the changeset must be
        retried.
        """
        self.connection.rollback()
        known = self._log.last_id
        if self.open():
            self.connection.rollback()
            self._log.last_id, self._version = known, None
            raise StorageError("another process appended to the log; retrying")

    def _record_singly(self, events: Sequence[Event]) -> list[Event]:
        """Record each event in its own savepoint; return the rejected events.

        A rejected event is replaced by a VOID row, which keeps the ids contiguous.
        """
        start = self._log.last_id
        rejected = []
        try:
            for event in events:
                if not self._record_or_void(event):
                    rejected.append(event)
                self._log.last_id += 1
        finally:
            self._log.last_id = start  # until the transaction is committed
        return rejected

    def _record_or_void(self, event: Event) -> bool:
        """Record an event, or a VOID row if it is rejected; return whether it was recorded."""
        try:
            with savepoint(self.connection):
                record_silently(self.connection, self._log, [event])
                self._database.dialect.await_results(self.connection)
        except Exception as error:
            if self._database.dialect.is_transient_error(error):
                raise
            logger.exception("Cannot store an event of kind %s; its author receives an error.", event.kind)
            record_silently(self.connection, self._log, [make_placeholder(event)])
            return False
        return True

    @property
    def unindexed(self) -> int:
        """The number of events that the search index does not reach."""
        return 0 if self._indexer is None else self.last_id - self._indexer.end

    def extend_index(self, min_events: int) -> None:
        """Index new messages if at least `min_events` events are not indexed yet.

        After a failure, the next attempt waits for another `min_events` events.
        """
        if self._indexer is None or self.unindexed < min_events:
            return
        try:
            self._indexer.extend(self.connection, self.last_id)
        except SQLAlchemyError as error:
            raise self._abort(error) from error

    @property
    def is_chained(self) -> bool:
        """Whether the hash chain is known to reach the end of the log."""
        return self._log.is_chained

    def extend_chain(self, max_events: int) -> None:
        """Extend the hash chain over the next events, unless it reaches the end of the log."""
        try:
            with self._writing():
                if not self._log.find_chain(self.connection):
                    extend_chain(self.connection, self._clock, max_events)
        except SQLAlchemyError as error:
            raise self._abort(error) from error

    def find_erasure(self) -> Progress | None:
        """Return the progress of the oldest erasure, or None, without taking the log's lock."""
        try:
            with self._unlocked() as connection, connection.begin():
                return find_progress(connection)
        except SQLAlchemyError as error:
            raise self._abort(error) from error

    def continue_erasure(self) -> Progress | None:
        """Take the next steps of the oldest erasure; return its progress, or None without one."""
        progress = self.maintain(advance)
        if progress is not None and progress.phase is ErasurePhase.FILES and self._purge_files():
            self._finish_erasure(progress.erasure)
        return progress

    def _finish_erasure(self, erasure: int) -> None:
        try:
            with self._writing():
                finish(self.connection, self._clock, erasure)
        except SQLAlchemyError as error:
            raise self._abort(error) from error

    def _purge_files(self) -> bool:
        """Remove erased text from the files; return False if that is not possible yet."""
        if fulltext_of(self.connection).needs_merge(self.connection):
            return False  # `merge` goes on with it
        return self.truncate_log()

    def truncate_log(self) -> bool:
        """Empty the database's own log of changes; return False if a reader needs it."""
        return self.inspect(self._database.dialect.truncate_log)

    def maintain(self, work: Callable[[Connection], T]) -> T:
        """Do maintenance in a transaction of its own, whose commit does not wait for the disk."""
        try:
            with space_of(self.connection).begin_lazily(self.connection):
                self._require_place()
                return work(self.connection)
        except SQLAlchemyError as error:
            raise self._abort(error) from error

    def inspect(self, work: Callable[[Connection], T]) -> T:
        """Do work on the connection that begins no transaction."""
        try:
            return work(self.connection)
        except SQLAlchemyError as error:
            raise self._abort(error) from error

    def _abort(self, error: SQLAlchemyError) -> StorageError:
        """Roll back, discard the connection if it is lost, and return the error to raise.

        SQLAlchemy would replace a lost connection silently, perhaps by one to another server.
        """
        connection, self._connection = self._connection, None
        self._is_continuous = False
        if connection is not None:  # None if connecting failed
            try:
                connection.rollback()
            except SQLAlchemyError:
                connection.invalidate()
            if connection.invalidated:
                connection.close()
            else:
                self._connection = connection
        reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
        return LogBusy(reason) if self._database.dialect.is_lock_timeout(error) else StorageError(reason)

    def close(self) -> None:
        """Return the connection to the pool."""
        if self._indexer is not None:
            self._indexer.close()
        if self._connection is not None:
            self._connection.close()
            self._connection = None
