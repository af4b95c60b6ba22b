"""The log of connections and logins, for administrators and tools such as fail2ban.

An entry is a phrase with fields in a fixed order, the address first (`docs/admin.md`). It contains
real addresses, so it goes nowhere but to the server's log, and it never contains a password or a
code. A name that someone tried to log in to may be a password that was typed in its place, so it is
logged only if it is the name of an account or the public nick of the connection.

Every phrase and mechanism has a budget of entries, so that a flood of one kind neither fills the
disk nor hides entries of another kind. What exceeds it is counted, and the count is logged.
"""

import json
import logging
import time
from collections import defaultdict
from enum import StrEnum
from threading import Lock

from app.text.graphemes import truncate_characters

UNKNOWN = "*"  # in place of an account or nick; not a valid name of either
MAX_BURST_ENTRIES = 20_000  # per phrase and mechanism: all clients may reconnect at once
ENTRIES_PER_SECOND = 10.0  # after a burst
MAX_VALUE_CHARACTERS = 200  # of a field; the rest is cut off
UNQUOTED_FIELDS = ("address", "secure", "mechanism")  # chosen by the server

logger = logging.getLogger(__name__)


class Mechanism(StrEnum):
    """An authentication method."""

    PLAIN = "PLAIN"
    SCRAM = "SCRAM-SHA-256"
    EXTERNAL = "EXTERNAL"
    PASS = "PASS"
    IDENTIFY = "IDENTIFY"
    SET_PASSWORD = "SET-PASSWORD"
    REGISTER = "REGISTER"
    VERIFY = "VERIFY"
    OPER = "OPER"


QUIT = "Quit"  # the reason of a client that quits, which a colon and the user's words may follow


def connected(address: str, is_encrypted: bool) -> None:
    """Log a new connection, with the address of the client even behind a proxy."""
    _log("connected", address, secure="yes" if is_encrypted else "no")


def refused(address: str, reason: str) -> None:
    """Log a connection that was refused at once, because of a limit."""
    _log("refused", address, reason=reason)


def disconnected(address: str, nick: str, account: str | None, seconds: float, reason: str) -> None:
    """Log the end of a connection, and how long it lasted.

    What users say when they quit is not logged: it belongs to the history, where it can be erased.
    """
    reason = QUIT if reason.startswith(f"{QUIT}: ") else reason
    name, whole_seconds = account or UNKNOWN, int(seconds)
    _log("disconnected", address, nick=nick, account=name, seconds=whole_seconds, reason=reason)


def logged_in(address: str, account: str, mechanism: Mechanism) -> None:
    """Log a login to an account, or with an operator's name."""
    _log("logged in", address, account=account, mechanism=mechanism)


def login_failed(address: str, account: str, mechanism: Mechanism, reason: str) -> None:
    """Log a login with credentials that are wrong or not acceptable."""
    _log("login failed", address, account=account, mechanism=mechanism, reason=reason)


def login_refused(address: str, account: str, mechanism: Mechanism, reason: str) -> None:
    """Log a login refused without checking the password: too many failures, or a ban."""
    _log("login refused", address, account=account, mechanism=mechanism, reason=reason)


def _log(phrase: str, address: str, **fields: str | int) -> None:
    if logger.isEnabledFor(logging.INFO):
        plain_address = address.partition("%")[0]  # without the zone of a link-local address
        shortened = {name: _shorten(value) for name, value in fields.items()}
        logger.info(AccessEntry(message=phrase, address=plain_address, **shortened))


def _shorten(value: str | int) -> str | int:
    if isinstance(value, int) or len(value) <= MAX_VALUE_CHARACTERS:
        return value
    return truncate_characters(value, MAX_VALUE_CHARACTERS) + "..."


class AccessEntry(dict[str, str | int]):
    """An entry: the phrase as `message`, and the fields. As text, `phrase name=value ...`."""

    @property
    def kind(self) -> str:
        """The phrase and the mechanism, which share a budget."""
        return f"{self['message']} {self.get('mechanism', '')}"

    def __str__(self) -> str:
        (_, phrase), *fields = self.items()
        return " ".join([str(phrase), *(f"{name}={_as_text(name, value)}" for name, value in fields)])


def _as_text(name: str, value: str | int) -> str:
    """Return a value as one word, in quotes if a client chose it, so that it forges no field."""
    if isinstance(value, int) or name in UNQUOTED_FIELDS:
        return str(value)
    quoted = json.dumps(value, ensure_ascii=False)
    return "".join(letter if letter.isprintable() else json.dumps(letter)[1:-1] for letter in quoted)


class EntryBudgets(logging.Filter):
    """Rate-limits the entries of each phrase and mechanism, and counts the suppressed ones.

    The next entry that is logged has their number in the field `suppressed`.
    """

    def __init__(self) -> None:
        super().__init__()
        self._budgets: defaultdict[str, _Budget] = defaultdict(_Budget)
        self._lock = Lock()  # entries come from many threads

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record may be logged; only entries of this log have a budget."""
        entry = record.msg
        if not isinstance(entry, AccessEntry):
            return True
        with self._lock:
            suppressed = self._budgets[entry.kind].take(time.monotonic())
        if suppressed:
            record.msg = AccessEntry(entry, suppressed=suppressed)
        return suppressed is not None


class _Budget:
    """Entries that may be logged now; refilled over time."""

    __slots__ = ("_suppressed", "_tokens", "_updated")

    def __init__(self) -> None:
        self._tokens = float(MAX_BURST_ENTRIES)
        self._updated = time.monotonic()
        self._suppressed = 0

    def take(self, now: float) -> int | None:
        """Return the number of entries suppressed before this one; None to suppress it as well."""
        gained = (now - self._updated) * ENTRIES_PER_SECOND
        self._tokens, self._updated = min(MAX_BURST_ENTRIES, self._tokens + gained), now
        if self._tokens < 1:
            self._suppressed += 1
            return None
        self._tokens -= 1
        suppressed, self._suppressed = self._suppressed, 0
        return suppressed
