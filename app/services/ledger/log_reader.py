"""Reads what other programs append to the log, and renews the lease of this server."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from app.clock import Clock
from app.db.database import Database
from app.db.log import Log
from app.errors import LeaseExpired, LogReplaced
from app.events import Event
from app.services.administration.audit import append, make_audit_row
from app.services.indexing import Indexer, make_indexer
from app.services.ledger.log_connection import LogConnection
from app.services.nodes.membership import Membership
from app.services.rooms.keys import restore_room_keys

T = TypeVar("T")


class LogReader(LogConnection):
    """The log as seen by this server. Belongs to the engine's thread.

    Raises: StorageError from any method when the database fails. The transaction is then rolled
        back, and the caller may retry.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(database)
        self._clock = clock
        self.log = Log(clock)
        self.indexer: Indexer | None = None  # from `start` on
        self.stored_id = 0  # up to which all was read or committed, and is replicated; for any thread
        self.membership: Membership | None = None  # of this server among the nodes, if there can be others

    @property
    def last_id(self) -> int:
        """The id of the last event read or committed."""
        return self.log.last_id

    def start(self, read: Callable[[Connection], T]) -> T:
        """Start at the end of the log, and return what `read` finds in the tables at that position.

        That is a snapshot and does not need the log's lock, so it does not delay other nodes.
        """
        try:
            with self.database.snapshot() as snapshot:
                self.log.seek_to_end(snapshot)
                self.stored_id = self.last_id
                self.log.find_chain(snapshot)
                self.indexer = make_indexer(self.database, snapshot)
                return read(snapshot)
        except SQLAlchemyError as error:
            raise self.abort(error) from error

    def join(self, membership: Membership) -> Event:
        """Make this server a node in the open transaction; return the event to append.

        From now on, each transaction requires that the node has not been removed.

        Raises: DatabaseRefused when the settings do not fit those of a running node.
        """
        event = membership.join(self.connection, self.last_id)
        self.membership = membership
        return event

    def has_remote_events(self) -> bool:
        """Return whether to open the log: another process may have appended, or files were lost.

        Cheap; takes no lock.
        """
        if self.database.dialect.find_lost_files():
            self._files_may_be_lost = True
            return True
        try:
            version = self.database.dialect.version(self.connection)
        except SQLAlchemyError:
            return True
        return self.membership is None if version is None else version != self._version

    def open(self) -> list[Event]:
        """Begin a transaction and return the events appended by other processes since `last_id`.

        The events are complete: applying them needs no query, which could fail half-way.

        Raises: NodeLost when this server may not go on.
        """
        if self.is_kept_open:
            return []
        known = self.log.last_id
        try:
            connection = self.begin()
            self._require_continuity()
            end = self.require_membership()
            version = self.database.dialect.version(connection)
            if end == known or (version is not None and version == self._version):
                return []
            return self._catch_up(version)
        except SQLAlchemyError as error:
            self.log.last_id = known  # read them again after the rollback
            raise self.abort(error) from error

    def _require_continuity(self) -> None:
        """Check on a new connection that the log contains what this server has read.

        The transaction then also writes. So its commit waits until the standby has all that is
        read in it: after a crash, PostgreSQL shows commits that were not replicated.

        Raises: LogReplaced when the log lacks events; this is then recorded in it. LeaseExpired
            when this node was removed.
        """
        if self._is_continuous:
            return
        lost = self.log.find_divergence(self.connection)
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

    def _catch_up(self, version: int | None) -> list[Event]:
        events = self.log.catch_up(self.connection)
        restore_room_keys(self.connection, events)
        self._version = version
        return events

    @property
    def has_nodes(self) -> bool:
        """Whether other servers may append to the log."""
        return self.membership is not None

    @property
    def is_alone(self) -> bool:
        """Whether no other server can append to the log now, as far as this one knows."""
        return self.membership is None or self.membership.is_alone

    def read_remote_events(self) -> list[Event]:
        """Return the events appended by other processes since `last_id`, without the log's lock.

        What is committed is a contiguous part of the log, so it can be delivered at once.

        Raises: NodeLost when this server may not go on.
        """
        known = self.log.last_id
        try:
            connection = self.idle_connection  # may be a new one
            if not self._is_continuous:
                events = self.open()
                connection.commit()
            else:
                with self.reading():
                    events = self._catch_up(None)
        except SQLAlchemyError as error:
            self.log.last_id = known
            raise self.abort(error) from error
        self.stored_id = self.last_id
        return events

    def renew_lease(self, membership: Membership) -> None:
        """Renew the lease of this node, and look for nodes whose lease has expired.

        Raises: LeaseExpired when the other nodes have removed this one.
        """
        try:
            with self.unlocked() as connection, connection.begin():
                membership.renew(connection, self.last_id)
                membership.update_expired(connection)
        except SQLAlchemyError as error:
            raise self.abort(error) from error

    def require_membership(self) -> int | None:
        """Check in the open transaction that this node has not been removed.

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

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Begin a transaction of upkeep, and commit it unless the block raises."""
        with self.idle_connection.begin():
            self.require_membership()
            yield
