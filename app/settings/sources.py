"""Reads the sources of settings, merges them, and describes what is wrong with them.

Each value is validated in its own source, even if a source of higher precedence overrides it. An
invalid value is ignored with a warning, unless its key is a security setting: falling back to the
default could then allow what the administrator meant to prevent, so loading fails. The same applies
if a security setting may have been intended: a misspelt key, a file that cannot be parsed but
mentions one, an unreadable file. The loss of security settings without a trace, for example when a
file is truncated to zero bytes, cannot be detected.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from pydantic import ValidationError

from app.errors import ChatError, SettingsRefused, UsageError
from app.settings.json_text import MalformedText, parse_object
from app.settings.marks import (
    Model,
    find_security_setting,
    find_similar_security_setting,
    has_mark,
    is_security_setting,
)
from app.text.graphemes import truncate_characters

MAX_FILE_BYTES = 256 * 1024
MAX_SHOWN_LENGTH = 60  # characters of an invalid value or key shown in a message

_OUT_OF_RANGE = {  # Pydantic error types
    *("int_type", "int_parsing", "int_parsing_size", "int_from_float"),
    *("less_than_equal", "greater_than_equal"),
}
_REASONS = {
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_type": "must be text",
    "path_type": "must be a file name",
    "tuple_type": "must be a list",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault in the settings: an error if `refusal` is set, otherwise a warning.

    `consequence` is the effect at startup, `key` the affected setting. `voids_file` is true if the
    fault causes a whole file to be ignored.
    """

    fault: str
    consequence: str = ""
    refusal: type[ChatError] | None = None
    key: str | None = None
    voids_file: bool = False

    @property
    def sentence(self) -> str:
        """The fault and its consequence at startup."""
        return f"{self.fault}; {self.consequence}." if self.consequence else f"{self.fault}."


@dataclass(slots=True)
class Source:
    """A source of settings; `label` returns the name of a key as messages show it."""

    label: Callable[[str], str]
    values: dict[str, object] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    refusal: type[ChatError] | None = None  # raised for any invalid value in this source


def read_flags(flags: Mapping[str, object]) -> Source:
    """Return the command-line options that were given; an invalid one is a usage error."""
    given = {key: value for key, value in flags.items() if value is not None}
    return Source(lambda key: "--" + key.replace("_", "-"), given, refusal=UsageError)


def read_environment(
    model: Model, environment: Mapping[str, str], prefix: str, others: Iterable[str]
) -> Source:
    """Return the environment variables with the prefix, except those with one of `others`.

    An unknown variable is ignored unless it resembles a security setting.
    """
    source = Source(lambda key: prefix + key.upper())
    for name, value in environment.items():
        if not name.startswith(prefix) or name.startswith(tuple(others)):
            continue
        key = name.removeprefix(prefix).lower()
        if key in model.model_fields or find_similar_security_setting(model, key):
            source.values[key] = value
    return source


def read_file(model: Model, path: Path) -> Source:
    """Read a JSON file; a file that cannot be read or parsed is a problem of the source."""
    source = Source(lambda key: f'{path}: "{shown(key)}"')
    try:
        raw = _read(path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        source.problems.append(
            Problem(
                f"{path} cannot be read ({reason})",
                "it may contain security settings, so it cannot be ignored",
                SettingsRefused,
            )
        )
        return source
    _parse(model, path, raw, source)
    return source


def merge_sources(model: Model, sources: Sequence[Source]) -> tuple[dict[str, object], list[Problem]]:
    """Merge sources, lowest precedence first; return the valid values and all problems."""
    merged: dict[str, object] = {}
    wrong: list[tuple[Source, str, str]] = []
    problems: list[Problem] = []
    for source in sources:
        problems += source.problems
        for key, value in source.values.items():
            if key not in model.model_fields:
                problems.append(_unknown_key(model, source, key))
            elif reason := find_fault(model, key, value):
                wrong.append((source, key, reason))
            else:
                merged[key] = value
    used = model.model_validate(merged).model_dump(mode="json")
    return merged, problems + [_wrong_value(model, *fault, used) for fault in wrong]


def find_fault(model: Model, key: str, value: object) -> str | None:
    """Return the requirement ("must be ...") that a value violates, or None if it is valid."""
    try:
        model.model_validate({key: value})
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)[0]
        if found["type"] in _OUT_OF_RANGE:
            return _describe_range(model, key)
        message = found["msg"].removeprefix("Value error, ")
        _, has_should, rest = message.partition("should")
        return _REASONS.get(found["type"]) or ("must" + rest if has_should else message)
    return None


def shown(value: object) -> str:
    """Format a value for a message: truncated, and with `?` for control characters."""
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    text = text if len(text) <= MAX_SHOWN_LENGTH else truncate_characters(text, MAX_SHOWN_LENGTH) + "..."
    return "".join(character if character.isprintable() else "?" for character in text)


def _read(path: Path) -> bytes:
    """Return the file's bytes.

    Raises: OSError; ValueError when the file is longer than MAX_FILE_BYTES.
    """
    with path.open("rb") as file:
        raw = file.read(MAX_FILE_BYTES + 1)
    if len(raw) > MAX_FILE_BYTES:
        raise ValueError(f"longer than {MAX_FILE_BYTES} bytes")
    return raw


def _parse(model: Model, path: Path, raw: bytes, source: Source) -> None:
    """Add the keys and problems of a settings file to the source."""
    try:
        parsed = parse_object(raw)
    except MalformedText as error:
        source.problems.append(_malformed_file(model, path, raw, str(error)))
        return
    source.values = parsed.values
    if parsed.departure is not None:
        source.problems.append(
            Problem(f"{path} is not valid JSON ({parsed.departure})", "it is read as JSON5")
        )
    source.problems += [_repeated_key(model, source, key) for key in parsed.repeated_keys]


def _malformed_file(model: Model, path: Path, raw: bytes, reason: str) -> Problem:
    key = find_security_setting(model, raw)
    fault = f"{path} is not valid JSON ({reason})"
    if key is None:
        return Problem(fault, "the file is ignored", voids_file=True)
    return Problem(
        f"{fault} and mentions {key}, a security setting, so it cannot be ignored", refusal=SettingsRefused
    )


def _unknown_key(model: Model, source: Source, key: str) -> Problem:
    """Return the problem for an unknown key; an error if it may be a misspelt security setting."""
    fault = f"{source.label(key)} is not a setting"
    if meant := find_similar_security_setting(model, key):
        return Problem(
            f"{fault}; did you mean {meant}? That is a security setting, so the key cannot be ignored",
            refusal=source.refusal or SettingsRefused,
        )
    similar = get_close_matches(key.lower().replace("-", "_"), model.model_fields, 1)
    hint = f" (did you mean {similar[0]}?)" if similar else ""
    return Problem(f"{fault}{hint}", "it is ignored", source.refusal)


def _repeated_key(model: Model, source: Source, key: str) -> Problem:
    fault = f"{source.label(key)} is set twice"
    if key in model.model_fields and is_security_setting(model, key):
        return Problem(fault, "it is a security setting, so neither value is used", SettingsRefused)
    return Problem(fault, "the last value is used", key=key)


def _describe_range(model: Model, key: str) -> str:
    marks = model.model_fields[key].metadata
    low, high = (next(getattr(mark, end) for mark in marks if hasattr(mark, end)) for end in ("ge", "le"))
    return f"must be a whole number from {low} to {high}"


def _wrong_value(model: Model, source: Source, key: str, reason: str, used: dict[str, object]) -> Problem:
    """Return the problem for an invalid value: what is required, and what is used instead."""
    is_secret = has_mark(model, key, "secret")
    found = "a value that is not shown" if is_secret else _quote(source.values[key])
    fault = f"{source.label(key)} is {found}, but {reason}"
    if source.refusal:
        return Problem(fault, refusal=source.refusal)
    if is_security_setting(model, key):
        return Problem(
            fault, "it is a security setting, so it does not fall back to its default", SettingsRefused
        )
    is_default = used[key] == model.model_fields[key].default
    fallback = ("the default" if is_default else "another value") if is_secret else _quote(used[key])
    return Problem(fault, f"{fallback} is used", key=key)


def _quote(value: object) -> str:
    return f'"{shown(value)}"' if isinstance(value, str) else shown(value)
