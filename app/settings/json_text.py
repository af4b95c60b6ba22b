"""Parses the text of a settings file: JSON (RFC 8259), or JSON5 if it departs from JSON.

People write trailing commas and comments. JSON5 (https://spec.json5.org) allows both, so a file
with them is read as its author meant it, and the first departure from JSON is reported.
"""

import codecs
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

MAX_JSON5_CHARACTERS = 64 * 1024  # takes two seconds; the time grows faster than the length
_BYTE_ORDER_MARK = "\ufeff"
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class ParsedText:
    """The object that a text contains, and the keys that it sets more than once.

    `departure` says where and how the text departs from JSON; it is None if it does not.
    """

    values: dict[str, object]
    repeated_keys: list[str]
    departure: str | None = None


class MalformedText(Exception):
    """The text is not a JSON or JSON5 object; says where and why, without quoting the text."""


def parse_object(raw: bytes) -> ParsedText:
    """Parse the bytes of a settings file.

    Raises: MalformedText.
    """
    text = _decode(raw)
    unmarked = text.removeprefix(_BYTE_ORDER_MARK)
    repeated = _RepeatedKeys()
    try:
        value = json.loads(unmarked, object_pairs_hook=repeated.collect)
        departure = None
    except json.JSONDecodeError as error:
        departure = _describe_departure(unmarked, error)
        repeated = _RepeatedKeys()
        value = _parse_json5(unmarked, departure, repeated)
    except (ValueError, RecursionError) as error:
        raise MalformedText("it is nested too deeply or a number is too long") from error
    if not isinstance(value, dict):
        raise MalformedText("line 1, column 1: it does not begin with {")
    if text != unmarked:
        departure = f"{_locate(text, 0)}: byte order mark"
    return ParsedText(value, repeated.keys, departure)


class _RepeatedKeys:
    """The keys that an object of the text sets more than once."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def collect(self, pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
        """Return an object with these members."""
        members = list(pairs)
        counts = Counter(key for key, _ in members)
        self.keys += [key for key, times in counts.items() if times > 1]
        return dict(members)


def _decode(raw: bytes) -> str:
    """Decode UTF-8, keeping a byte order mark."""
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - raw.rfind(b"\n", 0, error.start)
        encoding = "UTF-16 instead of" if raw.startswith(_UTF16_MARKS) else "not"
        raise MalformedText(f"line {line}, column {column}: {encoding} UTF-8") from error


def _parse_json5(text: str, departure: str, repeated: _RepeatedKeys) -> object:
    """Parse a text that is not JSON.

    Raises: MalformedText.
    """
    if not text.strip() or len(text) > MAX_JSON5_CHARACTERS:
        raise MalformedText(departure)
    import json5  # imported late: most files are JSON

    try:
        value, error, position = json5.parse(text, object_pairs_hook=repeated.collect)
    except RecursionError as depth:
        raise MalformedText("it is nested too deeply") from depth
    if error is None:
        return _join_surrogates(value)
    if "integer string conversion" in error:
        raise MalformedText("a number is too long")
    what = "unexpected end of text" if position >= len(text) else "unexpected character"
    raise MalformedText(f"{_locate(text, position)}: {what}")


def _join_surrogates(value: object) -> object:
    """Return a value in which escapes such as `\\ud83c\\udf75` are one character, as in JSON."""
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    if isinstance(value, list):
        return list(map(_join_surrogates, value))
    if isinstance(value, dict):
        return {_join_surrogates(key): _join_surrogates(member) for key, member in value.items()}
    return value


def _describe_departure(text: str, error: json.JSONDecodeError) -> str:
    """Return where and how a text departs from JSON, given the first error of the JSON parser."""
    before = text[: error.pos].rstrip()
    if before.endswith(",") and text[error.pos : error.pos + 1] in ("}", "]"):
        return f"{_locate(text, len(before) - 1)}: trailing comma"
    if text.startswith(",", error.pos) and text[error.pos + 1 :].lstrip()[:1] in ("}", "]"):
        return f"{_locate(text, error.pos)}: trailing comma"
    is_comment = text.startswith(("//", "/*"), error.pos)
    return f"{_locate(text, error.pos)}: {'comment' if is_comment else error.msg.partition(':')[0]}"


def _locate(text: str, position: int) -> str:
    line = text.count("\n", 0, position) + 1
    return f"line {line}, column {position - text.rfind(chr(10), 0, position)}"
