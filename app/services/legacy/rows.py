"""The rows of the old database as values that can be trusted; what cannot be is refused with a reason."""

import hashlib
import json
import re
from dataclasses import dataclass

from app.db.legacy import Cell, LegacyMessage, LegacyUser
from app.errors import UsageError
from app.services.accounts import check_password
from app.wire.framing import byte_length
from app.wire.names import InvalidName, check_new_nick

MAX_SHOWN_LENGTH = 64  # characters of an author's name
_LINE_END = re.compile(r"\r\n|\r|\n")
_NOT_IN_A_NICK = re.compile(r"[\s\x00-\x1f\x7f-\x9f!@,*?]+|^[:#&$~%+]+")


class InvalidRow(Exception):
    """The row cannot be taken; the text says why."""


@dataclass(frozen=True, slots=True)
class ImportLimits:
    """What the settings allow: characters of a name, bytes of a message, and the present instant."""

    nick_length: int
    message_bytes: int
    now: int


@dataclass(frozen=True, slots=True)
class NewUser:
    """A user that can become an account."""

    name: str
    password: str


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message that can be taken: its instant in milliseconds, its author as spelled, its lines."""

    at: int
    author: str
    lines: list[str]


def row_digest(row: LegacyUser | LegacyMessage) -> str:
    """Return what a row is known by: SHA-256 over its contents, without the password."""
    cells = row[:2] if isinstance(row, LegacyUser) else row
    values = [cell.hex() if isinstance(cell, bytes) else repr(cell) for cell in cells]
    return hashlib.sha256(json.dumps([type(row).__name__, *values]).encode()).hexdigest()


def format_id(cell: Cell) -> str:
    """Write the number of a row for the report."""
    return cell.decode(errors="replace") if isinstance(cell, bytes) else str(cell)


def read_user(row: LegacyUser, limits: ImportLimits) -> NewUser:
    """Check a user.

    Raises: RowRefused.
    """
    name, password = read_text(row.name, "name"), read_text(row.password, "password")
    try:
        check_password(password)
        return NewUser(check_new_nick(name, limits.nick_length), password)
    except UsageError as error:
        raise InvalidRow(error.sentence) from error
    except InvalidName as error:
        raise InvalidRow(f"“{name}” cannot be the name of an account: {error.reason}") from error


def read_message(row: LegacyMessage, authors: dict[int, str], limits: ImportLimits) -> NewMessage:
    """Check a message; a number as its author is a user's.

    Raises: RowRefused.
    """
    author = authors.get(row.author, row.author) if isinstance(row.author, int) else row.author
    return NewMessage(
        at=_instant(row.time, limits.now),
        author=author if isinstance(author, str) else read_text(author, "author"),
        lines=_lines(read_text(row.content, "text"), limits.message_bytes),
    )


def read_text(cell: Cell, what: str) -> str:
    """Read a cell as text.

    Raises: RowRefused when there is none.
    """
    if cell is None:
        raise InvalidRow(f"The {what} is missing (NULL).")
    try:
        text = cell.decode() if isinstance(cell, bytes) else str(cell)
    except UnicodeDecodeError as error:
        raise InvalidRow(f"The {what} is not UTF-8.") from error
    if not text.strip():
        raise InvalidRow(f"The {what} is empty.")
    if "\0" in text:
        raise InvalidRow(f"The {what} has a NUL character in it.")
    return text


def _instant(cell: Cell, now: int) -> int:
    """Read seconds since the epoch as milliseconds."""
    try:
        instant = int(float(cell.decode() if isinstance(cell, bytes) else cell or 0) * 1000)
    except (ValueError, OverflowError) as error:
        raise InvalidRow("The time is not a number of seconds.") from error
    if not 0 < instant <= now:
        raise InvalidRow("The time is missing, before 1970 or in the future.")
    return instant


def _lines(text: str, longest: int) -> list[str]:
    """Cut a text into its lines, each of which becomes a message: IRC knows no others."""
    lines = [line for line in _LINE_END.split(text) if line.strip()]
    found = max(map(byte_length, lines))
    if found > longest:
        raise InvalidRow(f"The text is {found} bytes long; the setting buffer allows {longest}.")
    return lines


def display_nick(author: str) -> str:
    """Return the author's name as it can stand before a message; the same wherever that is possible."""
    return _NOT_IN_A_NICK.sub("_", author.strip())[:MAX_SHOWN_LENGTH] or "_"
