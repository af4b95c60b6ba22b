"""Imports the rows page by page; each page and the digests of its rows share a transaction."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, orm, select

from app.clock import Clock
from app.db.database import Database
from app.db.fulltext import fulltext_of
from app.db.insertion import insert_rows
from app.db.log import Log
from app.db.models import ImportMarkRow
from app.db.sqlite.legacy import LegacyDatabase, LegacyMessage, LegacyUser
from app.events import Event, PasswordHashes
from app.progress import Advance
from app.services.accounts.accounts import find_account, registration_event
from app.services.accounts.passwords import hash_passwords
from app.services.administration import audit
from app.services.legacy.report import ImportReport, RejectedRow
from app.services.legacy.rooms import ImportDestination
from app.services.legacy.rows import (
    ImportLimits,
    InvalidRow,
    NewMessage,
    NewUser,
    display_nick,
    format_id,
    read_message,
    read_user,
    row_digest,
)
from app.services.record import record
from app.wire.names import Key, fold

USERS_PER_BATCH = 20  # hashing their passwords takes about one second


class LegacyImport:
    """An import of a legacy database.

    `database` is None in a dry run if the destination does not exist yet.
    """

    def __init__(
        self,
        old: LegacyDatabase,
        database: Database | None,
        clock: Clock,
        room: str,
        limits: ImportLimits,
        actor: str,
        by: str,
        dry_run: bool = False,
    ) -> None:
        self._old = old
        self._database = database
        self._clock = clock
        self._limits = limits
        self._actor, self._by = actor, by
        self._audited = dry_run
        self._accounts: dict[Key, str] = {}  # accounts in the legacy database, by folded name
        self._names: dict[int, str] = {}  # users' names in the legacy database, by user id
        self._log = Log(clock)  # a new one for each page: the server appends between pages
        self._destination = ImportDestination(room, clock, by)
        self.report = ImportReport(room, dry_run)

    def run(self, tick: Advance = lambda rows: None) -> ImportReport:
        """Import all valid rows. `tick` receives the number of rows processed since its last call.

        Raises: ChatError when the room has messages newer than those to import. Rows already
            imported remain.
        """
        for users in self._old.users():
            for start in range(0, len(users), USERS_PER_BATCH):
                self._import_users(users[start : start + USERS_PER_BATCH])
                tick(min(USERS_PER_BATCH, len(users) - start))
        for messages in self._old.messages():
            self._import_messages(messages)
            tick(len(messages))
        return self.report

    # accounts

    def _import_users(self, rows: Sequence[LegacyUser]) -> None:
        """Import a batch of users. Their passwords are hashed before the log is locked."""
        self._names |= _names(rows)
        with self._reading() as session:
            new_rows = self._new_users(session, rows)
        secrets = (
            {}
            if self.report.dry_run
            else dict(zip(new_rows, hash_passwords(user.password for user in new_rows.values()), strict=True))
        )
        with self._writing() as connection:
            self._register(connection, new_rows, secrets)
        self._accounts |= {fold(user.name): user.name for user in new_rows.values()}
        self.report.accounts_taken += len(new_rows)

    def _new_users(self, session: orm.Session | None, rows: Sequence[LegacyUser]) -> dict[str, NewUser]:
        known = _find_imported(session, [row_digest(row) for row in rows])
        new_rows: dict[str, NewUser] = {}
        for row in rows:
            try:
                user = read_user(row, self._limits)
                if row_digest(row) in known:
                    self._accounts[fold(user.name)] = user.name
                    self.report.accounts_known += 1
                    continue
                self._reject_taken_name(session, user, new_rows)
                new_rows[row_digest(row)] = user
            except InvalidRow as error:
                self._reject("user", row, error)
        return new_rows

    def _reject_taken_name(
        self, session: orm.Session | None, user: NewUser, new_rows: dict[str, NewUser]
    ) -> None:
        key = fold(user.name)
        is_taken = key in self._accounts or any(fold(other.name) == key for other in new_rows.values())
        if is_taken or (session is not None and find_account(session, key) is not None):
            raise InvalidRow(f"An account {user.name} already exists, perhaps in another spelling.")

    def _register(
        self, connection: Connection | None, new_rows: dict[str, NewUser], secrets: dict[str, PasswordHashes]
    ) -> None:
        if connection is None:
            return
        events = [
            registration_event(self._clock, user.name, secrets[mark], by=self._by)
            for mark, user in new_rows.items()
        ]
        self._record(connection, events, list(new_rows))

    # messages

    def _import_messages(self, rows: Sequence[LegacyMessage]) -> None:
        """Import a page of messages. They are validated before the log is locked."""
        valid = self._validate(rows)
        with self._writing() as connection, self._reading(connection) as session:
            known = _find_imported(session, list(valid))
            self.report.messages_known += len(known)
            self._destination.resumes |= bool(known)
            new_rows = {mark: message for mark, message in valid.items() if mark not in known}
            events = (
                self._destination.make_events(session, list(new_rows.values()), self._author)
                if new_rows
                else []
            )
            if connection is not None:
                self._record(connection, events, list(new_rows))
            self.report.messages_taken += len(new_rows)

    def _validate(self, rows: Sequence[LegacyMessage]) -> dict[str, NewMessage]:
        valid: dict[str, NewMessage] = {}
        for row in rows:
            try:
                valid[row_digest(row)] = read_message(row, self._names, self._limits)
            except InvalidRow as error:
                self._reject("message", row, error)
        return valid

    def _author(self, message: NewMessage) -> tuple[str, str | None]:
        """Return the nick and the account, if any, of a message's author."""
        nick = display_nick(message.author)
        if nick != message.author:
            self.report.renamed[message.author] = nick
        return nick, self._accounts.get(fold(message.author))

    def _reject(self, table: str, row: LegacyUser | LegacyMessage, error: InvalidRow) -> None:
        self.report.refused.append(RejectedRow(table, format_id(row.id), str(error)))

    def _record(self, connection: Connection, events: Sequence[Event], marks: Sequence[str]) -> None:
        if not marks:
            return
        self._log = Log(self._clock)
        self._log.seek_to_end(connection)
        record(connection, self._log, events)
        fulltext_of(connection).extend(connection)
        insert_rows(connection, ImportMarkRow, ("digest",), [(mark,) for mark in marks])
        if not self._audited:
            trace = audit.make_audit_row(
                self._clock, self._actor, "import-legacy", self.report.room, file=self._old.path.name
            )
            audit.append(connection, trace)
            self._audited = True

    @contextmanager
    def _writing(self) -> Iterator[Connection | None]:
        """Open a transaction that holds the log's lock, or yield None in a dry run."""
        if self._database is None or self.report.dry_run:
            yield None
            return
        with self._database.locked(lambda connection: self._log.has_last_batch(connection)) as connection:
            yield connection

    @contextmanager
    def _reading(self, connection: Connection | None = None) -> Iterator[orm.Session | None]:
        """Open a session, inside the transaction if there is one; yield None without a database."""
        if connection is not None:
            yield orm.Session(connection, join_transaction_mode="rollback_only")
        elif self._database is not None:
            with self._database.reading() as session:
                yield session
        else:
            yield None


def _names(rows: Sequence[LegacyUser]) -> dict[int, str]:
    """Return the names of users by id, to resolve authors that are user ids."""
    return {
        row.id: row.name.decode(errors="replace")
        for row in rows
        if isinstance(row.id, int) and isinstance(row.name, bytes)
    }


def _find_imported(session: orm.Session | None, digests: Sequence[str]) -> set[str]:
    """Return the subset of digests whose rows have been imported."""
    if session is None:
        return set()
    return set(session.scalars(select(ImportMarkRow.digest).where(ImportMarkRow.digest.in_(digests))))
