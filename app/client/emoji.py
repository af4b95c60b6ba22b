"""The names of emoji: completion of `:tea` and replacement of `:tea:`.

The names are those of Unicode and their usual aliases, from the package `emoji`, which is imported
on first use.
"""

import re
from functools import lru_cache

from app.wire.names import fold

MAX_COMPLETIONS = 50
FULLY_QUALIFIED = 2  # the status of an emoji in the form to send
_SKIN_TONE = "skin_tone"  # in the names of five variants of each person, which are not completed
_NAME = re.compile(r"(?<![\w:]):([\w+\-.’&()!*#]+):(?![\w:])")
_WORD_START = re.compile(r"(?<=[_\-(])")


def complete(prefix: str) -> list[tuple[str, str]]:
    """Return names without colons and their emoji, each emoji once, best matches first.

    Names that begin with the prefix come first, then those with a word that begins with it, then
    those that contain its letters in this order; shorter names precede longer ones.
    """
    wanted = fold(prefix)
    if not wanted:
        return []
    names = (name for name in _characters() if _SKIN_TONE not in name)
    ranked = sorted((rank, len(name), name) for name in names if (rank := _rank(wanted, name)) is not None)
    best: dict[str, str] = {}
    for _, _, name in ranked:
        best.setdefault(_characters()[name], name)
        if len(best) == MAX_COMPLETIONS:
            break
    return [(name, character) for character, name in best.items()]


def replace_names(text: str) -> str:
    """Replace each `:name:` that stands for an emoji, unless a letter, digit or colon adjoins."""
    if text.count(":") < 2:
        return text
    return _NAME.sub(lambda match: _characters().get(fold(match[1]), match[0]), text)


def _rank(wanted: str, name: str) -> int | None:
    """Return how well a name matches, 0 for the best, or None if it does not."""
    if name.startswith(wanted):
        return 0
    if wanted in name and any(name.startswith(wanted, start.end()) for start in _WORD_START.finditer(name)):
        return 1
    letters = iter(name)
    return 2 if all(letter in letters for letter in wanted) else None


@lru_cache(maxsize=1)
def _characters() -> dict[str, str]:
    """Return the emoji of each folded name."""
    import emoji

    found: dict[str, str] = {}
    for character, entry in emoji.EMOJI_DATA.items():
        if entry["status"] <= FULLY_QUALIFIED:
            for name in (entry["en"], *entry.get("alias", ())):
                found.setdefault(fold(name.strip(":")), character)
    return found
