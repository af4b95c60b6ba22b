"""Where settings come from, and what is said when one of them is wrong.

Each value is checked on its own, wherever it stands, also when something stronger overrides it. A wrong value
is left out with a warning. It is refused instead when its key protects something, because the default would
open the door that the person meant to close. The same holds where the intention can only be guessed: a
misspelt protecting key, a file that is not JSON but mentions such a key, a file that is there but unreadable.
What cannot be noticed is a file that lost its protecting keys without a trace, as one cut to nothing has.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from pydantic import BaseModel, ValidationError

from app.errors import ChatError, SettingsRefused, UsageError

MAX_FILE_BYTES = 256 * 1024  # bytes of a settings file; a longer one is refused
MAX_SHOWN_LENGTH = 60  # characters of a wrong value or key that are shown
SIMILARITY_THRESHOLD = 0.75  # similarity from which a misspelt key is taken for a protecting one
NOTHING_STARTED = "it protects something, so nothing is started"

_OUT_OF_RANGE = {  # kinds of fault, as Pydantic names them
    *("int_type", "int_parsing", "int_parsing_size", "int_from_float"),
    *("less_than_equal", "greater_than_equal"),
}
_IN_WORDS = {
    "bool_type": "should be true or false",
    "bool_parsing": "should be true or false",
    "string_type": "should be text",
    "path_type": "should be a file name",
}

Model = type[BaseModel]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with the settings; `refusal` is raised for it, or it is only a warning.

    `spoils` all of its source: nothing there could be read.
    """

    sentence: str
    refusal: type[ChatError] | None = None
    spoils: bool = False


@dataclass(slots=True)
class Source:
    """One place that settings come from: its values, and how it names a key to the person."""

    label: Callable[[str], str]
    values: dict[str, object] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    refusal: type[ChatError] | None = None  # raised for every wrong value of this source


def is_security_setting(model: Model, key: str) -> bool:
    """Whether a wrong value of this key must keep the program from starting."""
    return _has_mark(model, key, "protects")


def needs_restart(model: Model, key: str) -> bool:
    """Whether another value of this key waits until the program starts again."""
    return _has_mark(model, key, "restart")


def read_flags(flags: Mapping[str, object]) -> Source:
    """Take the options of the command line that were given; a wrong one is a usage error."""
    given = {key: value for key, value in flags.items() if value is not None}
    return Source(lambda key: "--" + key.replace("_", "-"), given, refusal=UsageError)


def read_environment(
    model: Model, environment: Mapping[str, str], prefix: str, others: Iterable[str]
) -> Source:
    """Take the variables that begin with the prefix; those of `others` belong to somebody else.

    A variable that is none of ours is only spoken of when it looks like a protecting one.
    """
    source = Source(lambda key: prefix + key.upper())
    for name, value in environment.items():
        if not name.startswith(prefix) or name.startswith(tuple(others)):
            continue
        key = name.removeprefix(prefix).lower()
        if key in model.model_fields or _resembled(model, key):
            source.values[key] = value
    return source


def read_file(model: Model, path: Path) -> Source:
    """Take the keys of a JSON file."""
    source = Source(lambda key: f'{path}: "{shown(key)}"')
    try:
        raw = _read(path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        sentence = f"{path} cannot be read ({reason}); it may hold what protects, so nothing is started."
        source.problems.append(Problem(sentence, SettingsRefused))
        return source
    _parse(model, path, raw, source)
    return source


def merge_sources(model: Model, sources: Sequence[Source]) -> tuple[dict[str, object], list[Problem]]:
    """Merge the sources, the strongest last, and say what is wrong with any of them."""
    merged: dict[str, object] = {}
    wrong: list[tuple[Source, str, str]] = []
    problems: list[Problem] = []
    for source in sources:
        problems += source.problems
        for key, value in source.values.items():
            if key not in model.model_fields:
                problems.append(_unknown(model, source, key))
            elif reason := _fault(model, key, value):
                wrong.append((source, key, reason))
            else:
                merged[key] = value
    used = model.model_validate(merged).model_dump(mode="json")
    return merged, problems + [_bad(model, *fault, used) for fault in wrong]


def shown(value: object) -> str:
    """Write what was found so that it is short and does nothing to a terminal."""
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    text = text if len(text) <= MAX_SHOWN_LENGTH else text[:MAX_SHOWN_LENGTH] + "..."
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _read(path: Path) -> bytes:
    """Return the file's bytes.

    Raises: OSError; ValueError when it is too long to be a settings file.
    """
    with path.open("rb") as file:
        raw = file.read(MAX_FILE_BYTES + 1)
    if len(raw) > MAX_FILE_BYTES:
        raise ValueError(f"longer than {MAX_FILE_BYTES} bytes")
    return raw


def _parse(model: Model, path: Path, raw: bytes, source: Source) -> None:
    """Fill the source from the text of its file."""
    repeated: list[str] = []

    def gather(pairs: list[tuple[str, object]]) -> dict[str, object]:
        values = dict(pairs)
        repeated.extend(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        return values

    try:
        values = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=gather)
    except (ValueError, RecursionError) as error:
        source.problems.append(_broken(model, path, raw, _where(error)))
        return
    if not isinstance(values, dict):
        source.problems.append(_broken(model, path, raw, "line 1, column 1: it does not begin with {"))
        return
    source.values = values
    source.problems += [_repeated(model, source, key) for key in repeated]


def _where(error: Exception) -> str:
    """Say where a file stops being JSON; of the text itself nothing is repeated, as it may be a secret."""
    if isinstance(error, json.JSONDecodeError):
        return f"line {error.lineno}, column {error.colno}: {error.msg.split(':')[0]}"
    if isinstance(error, UnicodeDecodeError):
        line = error.object.count(b"\n", 0, error.start) + 1
        column = error.start - error.object.rfind(b"\n", 0, error.start)
        return f"line {line}, column {column}: not UTF-8"
    return "it is nested too deeply or a number is too long"


def _broken(model: Model, path: Path, raw: bytes, where: str) -> Problem:
    """Warn of a file that is not JSON, or refuse it when it was meant to protect something."""
    key = _mentioned(model, raw)
    if key is None:
        sentence = f"{path} is not valid JSON ({where}); the file is ignored."
        return Problem(sentence, spoils=True)
    return Problem(
        f"{path} is not valid JSON ({where}) and mentions {key}; {NOTHING_STARTED}.", SettingsRefused
    )


def _mentioned(model: Model, raw: bytes) -> str | None:
    """Find a protecting key in bytes that may be in any encoding and cut anywhere."""
    text = raw.replace(b"\0", b"").decode("latin-1")
    text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text)
    words = sorted(set(re.findall(r"[\w-]+", text)))
    return next(filter(None, (_resembled(model, word) for word in words)), None)


def _resembled(model: Model, word: str) -> str | None:
    """Return the protecting key that the word may stand for: it contains it, begins it or is much like it."""
    word = word.lower().replace("-", "_")
    protecting = [key for key in model.model_fields if is_security_setting(model, key)]
    if word in model.model_fields and word not in protecting:
        return None
    near = [key for key in protecting if key in word or (len(word) > 2 and key.startswith(word))]
    close = get_close_matches(word, protecting, 1, SIMILARITY_THRESHOLD)
    return next(iter(close + near), None)


def _unknown(model: Model, source: Source, key: str) -> Problem:
    """Speak of a key that no setting has; refuse it when it may be a protecting one misspelt."""
    folded = key.lower().replace("-", "_")
    protecting = _resembled(model, key)
    likely = protecting or next(iter(get_close_matches(folded, model.model_fields, 1)), None)
    meant = f"; did you mean {likely}?" if likely else "."
    if protecting:
        sentence = (
            f"{source.label(key)} is not a setting{meant} That protects something, so nothing is started."
        )
        return Problem(sentence, source.refusal or SettingsRefused)
    return Problem(f"{source.label(key)} is not a setting{meant} It is left out.", source.refusal)


def _repeated(model: Model, source: Source, key: str) -> Problem:
    if key in model.model_fields and is_security_setting(model, key):
        return Problem(f"{source.label(key)} is set twice; {NOTHING_STARTED}.", SettingsRefused)
    return Problem(f"{source.label(key)} is set twice; the last one is used.")


def _fault(model: Model, key: str, value: object) -> str | None:
    """Say what the value should be, or None when it is right."""
    try:
        model.model_validate({key: value})
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)[0]
        if found["type"] in _OUT_OF_RANGE:
            return _range(model, key)
        _, should, rest = found["msg"].partition("should")
        return _IN_WORDS.get(found["type"]) or (should + rest if should else found["msg"])
    return None


def _range(model: Model, key: str) -> str:
    """Say which numbers a setting may have."""
    marks = model.model_fields[key].metadata
    least, most = (next(getattr(mark, end) for mark in marks if hasattr(mark, end)) for end in ("ge", "le"))
    return f"should be a whole number from {least} to {most}"


def _bad(model: Model, source: Source, key: str, reason: str, used: dict[str, object]) -> Problem:
    """Speak of a wrong value: what was found, what it should be and what is used instead."""
    secret = _has_mark(model, key, "secret")
    found = "a value that is not shown" if secret else _quoted(source.values[key])
    sentence = f"{source.label(key)} is {found}, but {reason}; "
    refusal = source.refusal or (SettingsRefused if is_security_setting(model, key) else None)
    if refusal:
        return Problem(
            sentence + ("nothing is started." if source.refusal else f"{NOTHING_STARTED}."), refusal
        )
    default = used[key] == model.model_fields[key].default
    instead = ("the default" if default else "another one") if secret else _quoted(used[key])
    return Problem(f"{sentence}{instead} is used.")


def _quoted(value: object) -> str:
    return f'"{shown(value)}"' if isinstance(value, str) else shown(value)


def _has_mark(model: Model, key: str, mark: str) -> bool:
    extra = model.model_fields[key].json_schema_extra
    return isinstance(extra, dict) and bool(extra.get(mark))
