"""Validates the rows of a legacy database and converts them to values."""

import hashlib
import json
import re
from dataclasses import dataclass

from app.db.sqlite.legacy import Cell, LegacyMessage, LegacyUser
from app.errors import UsageError
from app.services.accounts.passwords import check_password
from app.text.graphemes import truncate_characters
from app.wire.framing import byte_length
from app.wire.name_rules import InvalidName, check_new_nick

MAX_DISPLAYED_LENGTH = 64  # characters of an author's name
_LINE_END = re.compile(r"\r\n|\r|\n")
_INVALID_IN_NICK = re.compile(r"[\s\x00-\x1f\x7f-\x9f!@,*?]+|^[:#&$~%+]+")


class InvalidRow(Exception):
    """A row cannot be imported; the message gives the reason."""


@dataclass(frozen=True, slots=True)
class ImportLimits:
    """The maximum lengths of nicks (characters) and messages (bytes), and the latest valid time."""

    nick_length: int
    message_bytes: int
    now: int


@dataclass(frozen=True, slots=True)
class NewUser:
    """The user of a valid row."""

    name: str
    password: str


@dataclass(frozen=True, slots=True)
class NewMessage:
    """The message of a valid row, with its author's name as stored.

    `at` is in milliseconds since the Unix epoch.
    """

    at: int
    author: str
    lines: list[str]


def row_digest(row: LegacyUser | LegacyMessage) -> str:
    """Return the SHA-256 digest that identifies a row; it does not cover passwords."""
    cells = row[:2] if isinstance(row, LegacyUser) else row
    values = [cell.hex() if isinstance(cell, bytes) else repr(cell) for cell in cells]
    return hashlib.sha256(json.dumps([type(row).__name__, *values]).encode()).hexdigest()


def format_id(cell: Cell) -> str:
    """Format a row's id for the report."""
    return cell.decode(errors="replace") if isinstance(cell, bytes) else str(cell)


def read_user(row: LegacyUser, limits: ImportLimits) -> NewUser:
    """Validate a user's row and return the user.

    Raises: InvalidRow.
    """
    name, password = read_text(row.name, "name"), read_text(row.password, "password")
    try:
        check_password(password)
        return NewUser(check_new_nick(name, limits.nick_length), password)
    except UsageError as error:
        raise InvalidRow(error.sentence) from error
    except InvalidName as error:
        raise InvalidRow(f"“{name}” is not a valid account name: {error.reason}") from error


def read_message(row: LegacyMessage, authors: dict[int, str], limits: ImportLimits) -> NewMessage:
    """Validate a message's row and return the message.

    `authors` maps user ids to names, for messages whose author is a user id.

    Raises: InvalidRow.
    """
    author = authors.get(row.author, row.author) if isinstance(row.author, int) else row.author
    return NewMessage(
        at=_instant(row.time, limits.now),
        author=author if isinstance(author, str) else read_text(author, "author"),
        lines=_lines(read_text(row.content, "text"), limits.message_bytes),
    )


def read_text(cell: Cell, field: str) -> str:
    """Return a cell as text. `field` names the cell in error messages.

    Raises: InvalidRow when it is missing, empty or malformed.
    """
    if cell is None:
        raise InvalidRow(f"The {field} is missing (NULL).")
    try:
        text = cell.decode() if isinstance(cell, bytes) else str(cell)
    except UnicodeDecodeError as error:
        raise InvalidRow(f"The {field} is not UTF-8.") from error
    if not text.strip():
        raise InvalidRow(f"The {field} is empty.")
    if "\0" in text:
        raise InvalidRow(f"The {field} contains a NUL character.")
    return text


def _instant(cell: Cell, now: int) -> int:
    """Convert a Unix timestamp in seconds to milliseconds.

    Raises: InvalidRow.
    """
    try:
        instant = int(float(cell.decode() if isinstance(cell, bytes) else cell or 0) * 1000)
    except (ValueError, OverflowError) as error:
        raise InvalidRow("The time is not a number: it must be a Unix timestamp in seconds.") from error
    if not 0 < instant <= now:
        raise InvalidRow("The time is missing, before 1970 or in the future.")
    return instant


def _lines(text: str, max_bytes: int) -> list[str]:
    """Return the nonblank lines of a text; each becomes an IRC message.

    Raises: InvalidRow when a line exceeds `max_bytes`.
    """
    lines = [line for line in _LINE_END.split(text) if line.strip()]
    longest = max(map(byte_length, lines))
    if longest > max_bytes:
        raise InvalidRow(f"The text is {longest} bytes long; the setting buffer allows {max_bytes}.")
    return lines


def display_nick(author: str) -> str:
    """Return an author's name with characters that are invalid in nicks replaced by `_`."""
    return truncate_characters(_INVALID_IN_NICK.sub("_", author.strip()), MAX_DISPLAYED_LENGTH) or "_"
