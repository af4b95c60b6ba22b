"""Lines for every command of the table, with a given word in each of its parameters."""

import re
from collections.abc import Iterator

from app.commands.registry import Command

PARAMETER = re.compile(r"\[?<([a-z_-]+)>(?: \.\.\.)?\]?|(\S+)")
VALUES = {
    "first": "timestamp=2026-01-01T00:00:00.000Z",
    "last": "timestamp=2027-01-01T00:00:00.000Z",
    "limit": "9",
    "reference": "*",
    "timestamp": "timestamp=2026-01-01T00:00:00.000Z",
    "type": "draft/multiline",
    "modes": "+b",
    "message-id": "1",
    "key": "url",
}


def lines_with(command: Command, word: str, **values: str) -> Iterator[tuple[str, str]]:
    """Yield the name of a parameter and a line with the word in it.

    The line is given with and without the parameters that follow. `values` are the words for the
    others, by name; by default, a nick.
    """
    names, words = [], []
    for name, literal in PARAMETER.findall(command.syntax):
        names.append(name)
        words.append(literal or (VALUES | values).get(name, "anna"))
    for place, name in enumerate(names):
        if name:
            for end in range(place + 1, len(words) + 1):
                yield name, " ".join([*words[:place], word, *words[place + 1 : end]])
