"""SQL expressions of the views that differ between the databases, or are long.

Times are formatted from integers without a detour through floating point.
"""

from typing import Any

from sqlalchemy import ColumnElement, Integer, SQLColumnExpression, String, case, cast, func, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

MILLISECONDS_PER_DAY = 86_400_000
MSGID_DIGITS = 8  # in base 36: 2.8 * 10**12 messages
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_ACTION_START = "\x01ACTION "


class TimeText(FunctionElement[str]):
    """The time of an instant, `2026-11-22T12:00:05.123Z`; NULL stays NULL."""

    type = String()
    inherit_cache = True
    name = "time_text"


class DayText(FunctionElement[str]):
    """The date of a number of days since the Unix epoch, `2026-11-22`."""

    type = String()
    inherit_cache = True
    name = "day_text"


class Character(FunctionElement[str]):
    """The character with an ASCII code."""

    type = String()
    inherit_cache = True
    name = "character"


class SourceNick(FunctionElement[str]):
    """The nick of a source, `nick!user@host`; a server has nothing else."""

    type = String()
    inherit_cache = True
    name = "source_nick"


@compiles(TimeText, "sqlite")
def _time_on_sqlite(element: TimeText, compiler: Any, **options: Any) -> str:
    at = compiler.process(element.clauses, **options)
    return f"(strftime('%Y-%m-%dT%H:%M:%S', {at} / 1000, 'unixepoch') || printf('.%03dZ', {at} % 1000))"


@compiles(TimeText, "postgresql")
def _time_on_postgresql(element: TimeText, compiler: Any, **options: Any) -> str:
    at = compiler.process(element.clauses, **options)
    seconds = f"to_char(to_timestamp({at} / 1000) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS')"
    return f"({seconds} || '.' || lpad(mod({at}, 1000)::text, 3, '0') || 'Z')"


@compiles(DayText, "sqlite")
def _day_on_sqlite(element: DayText, compiler: Any, **options: Any) -> str:
    return f"strftime('%Y-%m-%d', ({compiler.process(element.clauses, **options)}) * 86400, 'unixepoch')"


@compiles(DayText, "postgresql")
def _day_on_postgresql(element: DayText, compiler: Any, **options: Any) -> str:
    day = compiler.process(element.clauses, **options)
    return f"to_char(to_timestamp(({day}) * 86400) AT TIME ZONE 'UTC', 'YYYY-MM-DD')"


@compiles(Character, "sqlite")
def _character_on_sqlite(element: Character, compiler: Any, **options: Any) -> str:
    return f"char({compiler.process(element.clauses, **options)})"


@compiles(Character, "postgresql")
def _character_on_postgresql(element: Character, compiler: Any, **options: Any) -> str:
    return f"chr({compiler.process(element.clauses, **options)})"


@compiles(SourceNick, "sqlite")
def _nick_on_sqlite(element: SourceNick, compiler: Any, **options: Any) -> str:
    source = compiler.process(element.clauses, **options)
    return f"substr({source}, 1, instr({source} || '!', '!') - 1)"


@compiles(SourceNick, "postgresql")
def _nick_on_postgresql(element: SourceNick, compiler: Any, **options: Any) -> str:
    return f"split_part({compiler.process(element.clauses, **options)}, '!', 1)"


def time_text(at: SQLColumnExpression[Any]) -> ColumnElement[str]:
    """Return the readable time of an instant in milliseconds."""
    return TimeText(at)


def day_number(at: SQLColumnExpression[Any]) -> ColumnElement[int]:
    """Return the number of days between the Unix epoch and an instant."""
    return at // MILLISECONDS_PER_DAY


def message_id(position: SQLColumnExpression[Any]) -> ColumnElement[str]:
    """Return a log position in base 36, without leading zeros (`app.events.msgid`)."""
    digits = [
        func.substr(literal(_DIGITS), cast((position // 36**power) % 36, Integer) + 1, 1)
        for power in range(MSGID_DIGITS - 1, -1, -1)
    ]
    joined: ColumnElement[str] = digits[0]
    for digit in digits[1:]:
        joined = joined.concat(digit)
    return func.ltrim(joined, "0")


def is_action(said: SQLColumnExpression[Any]) -> ColumnElement[bool]:
    """Return whether a text is that of `/me` (CTCP ACTION)."""
    return func.substr(said, 1, len(_ACTION_START)) == Character(1).concat(_ACTION_START[1:])


def action_text(said: SQLColumnExpression[Any]) -> ColumnElement[str]:
    """Return the text of a CTCP ACTION."""
    return func.rtrim(func.substr(said, len(_ACTION_START) + 1), Character(1))


def flag(condition: SQLColumnExpression[Any]) -> ColumnElement[int]:
    """Return 1 if the condition is true, otherwise 0."""
    return case((condition, 1), else_=0)


def has_letter(letters: SQLColumnExpression[Any], letter: str) -> ColumnElement[bool]:
    """Return whether a string of mode letters contains one of them. LIKE would ignore case."""
    return func.replace(letters, letter, "") != letters


def session_party(session_id: SQLColumnExpression[Any]) -> ColumnElement[str]:
    """Return the party of a session, as in `RoomVisitRow`."""
    return literal("s").concat(cast(session_id, String))
