"""The completions of the word before the cursor, and the one that has been chosen."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

from app.client.screen.widgets.choice_list import Choice
from app.client.ui.command_registry import SlashCommands, split_command
from app.client.ui.completion.candidates import Words, find_all
from app.client.ui.secrets import is_command
from app.text.sanitise import clean

MAX_CANDIDATES = 200
MIN_EMOJI_LETTERS = 2  # typed after the colon before completions are offered


@dataclass(slots=True)
class CompletionCycle:
    """Suggestions, of which none is chosen at first; further steps go round.

    `typed` is the word that they complete.
    """

    typed: str
    suggestions: list[Choice[str]] = field(default_factory=list)
    index: int | None = None

    @property
    def inserted(self) -> str:
        """What stands in the text now: the chosen suggestion or the word as it was typed."""
        return self.typed if self.index is None else self.suggestions[self.index].value

    def step(self, count: int) -> str:
        """Choose the next or the previous suggestion, and return its text."""
        start = -1 if self.index is None and count > 0 else self.index or 0
        self.index = (start + count) % len(self.suggestions)
        return self.inserted


def find_suggestions(text: str, words: Words, commands: SlashCommands) -> CompletionCycle:
    """Return the completions of the last word of a text."""
    found = islice(find_all(text, words), MAX_CANDIDATES)
    suggestions = (_describe(one.text, one.display, commands) for one in found)
    return CompletionCycle(text.rpartition(" ")[2], list(suggestions))


def _describe(text: str, display: str, commands: SlashCommands) -> Choice[str]:
    command = commands.find(text.strip().removeprefix("/")) if text.startswith("/") else None
    if command is None:
        return Choice(text, clean(display))
    return Choice(text, text.strip() + command.usage.removeprefix(f"/{command.name}"), command.summary)


def completes_while_typing(text: str) -> bool:
    """Return whether completions are offered while a text is being typed, without Tab."""
    word = text.rpartition(" ")[2]
    is_emoji = word.startswith(":") and len(word) > MIN_EMOJI_LETTERS and word[1:].isalpha()
    return is_emoji or (is_command(text) and text.startswith("/") and " " not in text)


def describe_usage(text: str, commands: SlashCommands) -> Iterable[Choice[str]]:
    """Return the usage of the command whose parameters are being typed."""
    if is_command(text) and " " in text.lstrip():
        command = commands.find(split_command(text)[0])
        if command is not None and command.parameters:
            yield Choice("", command.usage, command.summary)
