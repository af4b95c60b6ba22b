"""Mode letters, and parsing and formatting of MODE parameters.

Letters belong to the classes of the ISUPPORT tokens CHANMODES and PREFIX
(https://modern.ircdocs.horse/#chanmodes-parameter). The parser also accepts unknown letters; the
MODE command answers them with ERR_UNKNOWNMODE.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.wire.framing import byte_length
from app.wire.line import plain

LISTS = "beIg"  # lists of masks or words; without an argument, the list is queried
ARGUMENT_ALWAYS = "k"  # takes an argument when set and when removed
ARGUMENT_WHEN_SET = "lW"  # takes an argument when set
FLAGS = "CHRimnst"  # takes no argument
ROLES = "ov"  # takes a member's nick
PREFIXES = "@+"  # symbols of the ROLES, in the same order
HIDDEN_HISTORY = "H"  # flag: members can read only the history since they joined
USER_FLAGS = "Biw"  # user modes: bot, invisible, receives WALLOPS
WORD_FILTER = "g"  # list of forbidden words
MAX_KEY_LENGTH = 32  # characters of a channel key (+k)
MAX_PAUSE_SECONDS = 21_600  # slow mode (+W): six hours
MAX_USER_LIMIT = 10**8 - 1  # +l
MAX_CHANGES = 32  # per command; further letters are ignored

_NEVER_BARE = LISTS + ARGUMENT_ALWAYS + ROLES


@dataclass(frozen=True, slots=True)
class ModeChange:
    """A mode letter with its sign, `+` or `-`, and its argument, if any."""

    sign: str
    letter: str
    argument: str | None = None


ValidChange = tuple[ModeChange, int | None]  # with the id of the account for which a role is stored


def chanmodes() -> str:
    """Return the value of the CHANMODES token."""
    return ",".join((LISTS, ARGUMENT_ALWAYS, ARGUMENT_WHEN_SET, FLAGS))


def prefix() -> str:
    """Return the value of the PREFIX token."""
    return f"({ROLES}){PREFIXES}"


def parse_changes(modes: str, arguments: list[str]) -> list[ModeChange]:
    """Parse the letters of a MODE command, each with its argument.

    Nothing is rejected: a missing argument is None, surplus arguments are ignored, and the sign
    defaults to `+`.
    """
    changes: list[ModeChange] = []
    remaining = iter(arguments)
    sign = "+"
    for letter in modes:
        if letter in "+-":
            sign = letter
        elif len(changes) < MAX_CHANGES:
            argument = next(remaining, None) if takes_argument(sign, letter) else None
            changes.append(ModeChange(sign, letter, argument))
    return changes


def change_user_modes(modes: set[str], text: str) -> set[str]:
    """Return user modes after a change, without `o`, which depends on the account as well."""
    changed = set(modes)
    for change in parse_changes(text, []):
        (changed.add if change.sign == "+" else changed.discard)(change.letter)
    return changed - {"o"}


def find_operator_change(text: str) -> bool | None:
    """Return whether a change of user modes sets or removes `o`; None if it does neither."""
    signs = [change.sign for change in parse_changes(text, []) if change.letter == "o"]
    return signs[-1] == "+" if signs else None


def takes_argument(sign: str, letter: str) -> bool:
    """Return whether the letter consumes the next argument, if there is one."""
    return letter in _NEVER_BARE or (letter in ARGUMENT_WHEN_SET and sign == "+")


def format_changes(changes: Iterable[ModeChange]) -> list[str]:
    """Return the parameters of a MODE command for the changes, or an empty list if there are none.

    A sign is written only where it differs from the previous one. `plain` is applied to the
    arguments, so that each stays one parameter.
    """
    letters = ""
    arguments = []
    sign = ""
    for change in changes:
        letters += change.letter if change.sign == sign else change.sign + change.letter
        sign = change.sign
        if change.argument is not None:
            arguments.append(plain(change.argument))
    return [letters, *arguments] if letters else []


def format_valid_changes(changes: Iterable[ValidChange]) -> str:
    """Return the parameters of a MODE command as text."""
    return " ".join(format_changes(change for change, _ in changes))


def mask_arguments(changes: Iterable[ValidChange], letters: str) -> list[ValidChange]:
    """Return the changes with the arguments of these mode letters replaced by `*`."""
    return [
        (ModeChange(change.sign, change.letter, "*") if change.letter in letters else change, account)
        for change, account in changes
    ]


def split_into_lines(changes: Iterable[ValidChange], space: int) -> Iterator[list[ValidChange]]:
    """Yield the changes in groups that each fit `space` bytes, and do not mix in the word filter.

    Changes to the word filter are sent to operators only.
    """
    line: list[ValidChange] = []
    for change in changes:
        differs = line and (change[0].letter == WORD_FILTER) != (line[0][0].letter == WORD_FILTER)
        if line and (differs or byte_length(format_valid_changes([*line, change])) > space):
            yield line
            line = []
        line.append(change)
    if line:
        yield line
