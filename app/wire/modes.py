"""Channel modes as text: which letters there are, and how a MODE command is read and written.

The letters fall into the classes of the ISUPPORT tokens CHANMODES and PREFIX. A letter outside them is passed
on like any other; whoever carries the changes out answers it with ERR_UNKNOWNMODE.
"""

from collections.abc import Iterable
from dataclasses import dataclass

LISTS = "beIg"  # masks, or words; without an argument the list is asked for
ALWAYS = "k"  # an argument when set and when removed
WHEN_SET = "lW"  # an argument when set
FLAGS = "CHRimnst"  # never an argument
ROLES = "ov"  # a member's nick
PREFIXES = "@+"  # as they stand before a nick, in the order of ROLES
HIDDEN_HISTORY = "H"  # of the flags: nobody reads what was said before they came
USER_FLAGS = "Biw"  # of people, which they change themselves: a program, invisible, hears WALLOPS
WORDS = "g"  # of the lists, the one of words that nobody may say
MAX_KEY_LENGTH = 32  # longest key of a room
MAX_PAUSE_SECONDS = 21_600  # seconds of a slow room: six hours
MAX_USER_LIMIT = 10**8 - 1  # people in a room (+l)
MAX_CHANGES = 32  # of one command; the letters after these are ignored

_NEVER_BARE = LISTS + ALWAYS + ROLES


@dataclass(frozen=True, slots=True)
class ModeChange:
    """One letter of a MODE command: `sign` is `+` or `-`; `argument` is None where there is none."""

    sign: str
    letter: str
    argument: str | None = None


def chanmodes() -> str:
    """Return the value of the CHANMODES token."""
    return ",".join((LISTS, ALWAYS, WHEN_SET, FLAGS))


def prefix() -> str:
    """Return the value of the PREFIX token."""
    return f"({ROLES}){PREFIXES}"


def parse_changes(modes: str, arguments: list[str]) -> list[ModeChange]:
    """Read the letters of a MODE command and give each the argument that belongs to it.

    Nothing is refused here: a letter that lacks its argument has None, arguments that no letter takes are
    ignored, and letters without a sign are set.
    """
    changes: list[ModeChange] = []
    waiting = iter(arguments)
    sign = "+"
    for letter in modes:
        if letter in "+-":
            sign = letter
        elif len(changes) < MAX_CHANGES:
            argument = next(waiting, None) if takes_argument(sign, letter) else None
            changes.append(ModeChange(sign, letter, argument))
    return changes


def takes_argument(sign: str, letter: str) -> bool:
    """Whether the letter takes the next argument, if there is one."""
    return letter in _NEVER_BARE or (letter in WHEN_SET and sign == "+")


def format_changes(changes: Iterable[ModeChange]) -> list[str]:
    """Write changes as the parameters of a MODE command, a sign only where it differs from the one before.

    No changes give no parameters.
    """
    letters = ""
    arguments = []
    sign = ""
    for change in changes:
        letters += change.letter if change.sign == sign else change.sign + change.letter
        sign = change.sign
        if change.argument is not None:
            arguments.append(change.argument)
    return [letters, *arguments] if letters else []
