"""The engine's hold on the log: one connection, one transaction at a time."""

import logging
from collections.abc import Sequence

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from app.clock import Clock
from app.db.database import Database
from app.db.fulltext import fulltext_of
from app.db.log import Log, make_placeholder
from app.errors import StorageError
from app.events import Event
from app.services.record import record

logger = logging.getLogger(__name__)


class Ledger:
    """Opens the log, catches up with others, records, commits. Belongs to the engine's thread.

    Raises: StorageError wherever the storage fails in a way that may pass; the transaction is over then and
    nothing of it is stored.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._log = Log(clock)
        self._connection: Connection | None = None
        self._version: int | None = None
        self._indexed: int | None = None  # up to where the index of texts goes, if it has to be extended

    @property
    def connection(self) -> Connection:
        """The connection, for reading within the transaction; opened anew after a failure."""
        if self._connection is None:
            self._connection = self._database.connect_to_append()
        return self._connection

    @property
    def last_id(self) -> int:
        """The position of the last event known."""
        return self._log.last_id

    def open_at_end(self) -> Connection:
        """Open the transaction and take what is in the log as known: the world is read from the tables now."""
        try:
            self.connection.begin()
            self._log.seek_to_end(self.connection)
            self._version = self._database.dialect.version(self.connection)
            self._indexed = fulltext_of(self.connection).end(self.connection)
        except SQLAlchemyError as error:
            raise self._abort(error) from error
        return self.connection

    def has_remote_events(self) -> bool:
        """Whether somebody else may have appended. Cheap, and takes no lock."""
        try:
            version = self._database.dialect.version(self.connection)
        except SQLAlchemyError:
            return True
        return version is None or version != self._version

    def open(self) -> list[Event]:
        """Open the transaction and return what others appended meanwhile; all of it."""
        known = self._log.last_id
        try:
            self.connection.begin()
            return self._read_remote_events()
        except SQLAlchemyError as error:
            self._log.last_id = known  # what was read of the news is lost with the transaction
            raise self._abort(error) from error

    def _read_remote_events(self) -> list[Event]:
        version = self._database.dialect.version(self.connection)
        if version is not None and version == self._version:
            return []
        news: list[Event] = []
        while found := self._log.catch_up(self.connection):
            news += found
        self._version = version
        return news

    def commit(self, events: Sequence[Event]) -> list[Event]:
        """Record the events and commit. Returns those that could not be stored for a fault of their own.

        The transaction must be open. Everything else is stored even if some are not.
        """
        try:
            refused: list[Event] = []
            if events:
                refused = self._record(events)
            self.connection.commit()
        except SQLAlchemyError as error:
            raise self._abort(error) from error
        self._log.mark_committed(events)
        return refused

    def _record(self, events: Sequence[Event]) -> list[Event]:
        """Store the events together; only if one of them is at fault, each for itself."""
        try:
            record(self.connection, self._log, events)
        except Exception as error:
            if self._database.dialect.is_transient_error(error):
                raise
        else:
            return []
        self._reopen()
        return self._record_singly(events)

    def _reopen(self) -> None:
        """Give the transaction up and open another with the same past.

        Raises: StorageError when somebody else appended in between; the whole batch has to be tried again.
        """
        self.connection.rollback()
        known = self._log.last_id
        if self.open():
            self.connection.rollback()
            self._log.last_id, self._version = known, None
            raise StorageError("others appended at this very moment")

    def _record_singly(self, events: Sequence[Event]) -> list[Event]:
        """Store what can be stored, each event for itself; a void row keeps the place of the others."""
        refused = []
        start = self._log.last_id
        for event in events:
            try:
                with self.connection.begin_nested():
                    record(self.connection, self._log, [event])
            except Exception as error:
                if self._database.dialect.is_transient_error(error):
                    self._log.last_id = start
                    raise
                logger.exception("An event of kind %s could not be stored; its author is told.", event.kind)
                record(self.connection, self._log, [make_placeholder(event)])
                refused.append(event)
            self._log.last_id += 1
        self._log.last_id = start
        return refused

    def extend_index(self, least: int) -> None:
        """Index what was said since the last time, if that is so many events at least.

        What fails is tried again when as many have followed.
        """
        if self._indexed is None or self.last_id - self._indexed < least:
            return
        self._indexed = self.last_id
        try:
            with self.connection.begin():
                self._indexed = fulltext_of(self.connection).extend(self.connection)
        except SQLAlchemyError as error:
            raise self._abort(error) from error

    def tidy(self) -> None:
        """Do a part of what removes the traces of redactions from the index of texts, if there are any."""
        try:
            fulltext = fulltext_of(self.connection)
            if fulltext.needs_merge(self.connection):
                fulltext.tidy(self.connection)
                self.connection.commit()
        except SQLAlchemyError as error:
            raise self._abort(error) from error

    def _abort(self, error: SQLAlchemyError) -> StorageError:
        """Give the transaction up, and the connection too if it is of no use any more."""
        connection, self._connection = self._connection, None
        if connection is not None:  # or it could not even be made
            try:
                connection.rollback()
                self._connection = connection
            except SQLAlchemyError:
                connection.invalidate()
        return StorageError(str(getattr(error, "orig", None) or error))

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
