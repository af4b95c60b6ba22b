"""The sentences shown for numeric replies.

The numbers in a sentence refer to the reply's parameters; `{0}` is the last one, which is usually
the server's own text.
"""

from collections.abc import Callable

from app.client.protocol.effects import Effects
from app.client.protocol.events import Notice
from app.client.protocol.lines import line_time, param
from app.client.protocol.model import ClientState
from app.wire.line import Line
from app.wire.numbers import parse_number

MAX_PARAMETERS = 15

ANSWERS = {
    "276": "{1} {0}.",
    "302": "{0}",
    "303": "Online: {0}",
    "307": "{1} {0}.",
    "311": "{1} is {2}@{3} ({0})",
    "312": "{1} is connected to {2} ({0}).",
    "313": "{1} {0}.",
    "314": "{1} was {2}@{3} ({0})",
    "319": "{1} is in {0}",
    "330": "{1} is logged in as {2}.",
    "335": "{1} {0}.",
    "336": "You are invited to {1}. Use /join {1} to join it.",
    "338": "{1} is connecting from {2}.",
    "341": "You invited {1} to {2}.",
    "351": "The server runs {1}.",
    "371": "{0}",
    "378": "{1} {0}",
    "381": "{0}.",
    "382": "{0}.",
    "391": "The time on {1} is {0}.",
    "396": "{1} {0}.",
    "671": "{1} {0}.",
    "704": "{0}",
    "705": "{0}",
    "730": "Online: {0}",
    "731": "Offline: {0}",
}
# For each error: words in the server's text that add nothing to the numeric, and the sentence to
# show instead. A text without these words is shown as it is.
ERRORS = {
    "401": ("no such nick", "There is no user or room named {1}."),
    "402": ("no such server", "There is no server named {1}."),
    "403": ("no such channel", "There is no room named {1}."),
    "406": ("no such nick", "Nobody has used the nick {1} recently."),
    "412": ("no text", "There is no text to send."),
    "421": ("unknown command", "The server does not know the command {1}."),
    "431": ("no nickname", "A nick is missing."),
    "441": ("on that channel", "{1} is not in {2}."),
    "442": ("on that channel", "You are not in {1}."),
    "443": ("already on", "{1} is already in {2}."),
    "451": ("not registered", "You are not connected as a user yet."),
    "461": ("not enough", "{1} needs more parameters."),
    "472": ("mode", "{1} is not a mode of rooms on this server."),
    "481": ("permission denied", "Only administrators of the server may do that."),
    "482": ("channel operator", "You are not an operator of {1}."),
    "501": ("unknown", "The server does not know that user mode."),
    "502": ("your own modes", "You can see and change only your own modes."),
    "524": ("no help", "The server has no help for {1}."),
    "766": ("not set", "The key {2} is not set."),
}
SILENT = ("337", "365", "374", "706", "733", "762")  # ends of lists


def on_answer(state: ClientState, line: Line) -> Effects:
    """Show the answer to a command."""
    yield Notice(_fill(ANSWERS[line.command], line), at=line_time(state, line))


def on_idle(state: ClientState, line: Line) -> Effects:
    """Show for how long a user has been idle (RPL_WHOISIDLE)."""
    seconds = parse_number(param(line, 2))
    if seconds is not None:
        yield Notice(f"{param(line, 1)} has been idle for {_duration(seconds)}.")


def on_refusal(state: ClientState, line: Line) -> Effects:
    """Show why the server refused a command."""
    generic, sentence = ERRORS.get(line.command, ("", ""))
    is_generic = bool(generic) and generic in param(line, -1).lower()
    text = _fill(sentence, line) if is_generic else describe(line)
    yield Notice(text, is_error=True, at=line_time(state, line))


def describe(line: Line) -> str:
    """Return the text of a numeric, preceded by its subjects unless the text mentions them."""
    *subjects, text = [word for word in line.params[1:] if word] or [""]
    subjects = [subject for subject in subjects if subject not in text]
    separator = ": " if line.command >= "400" and subjects else " "
    return f"{' '.join(subjects)}{separator}{text}".strip()


def _fill(sentence: str, line: Line) -> str:
    words = [param(line, -1).rstrip("."), *line.params[1:], *[""] * MAX_PARAMETERS]
    return sentence.format(*words)


def _duration(seconds: int) -> str:
    """Return a duration in its largest unit: `45 s`, `5 min`, `3 h` or `2 days`."""
    for unit, size in (("day", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}{'s' * (unit == 'day' and count != 1)}"
    return f"{seconds} s"


HANDLERS: dict[str, Callable[[ClientState, Line], Effects]] = {
    **dict.fromkeys(ANSWERS, on_answer),
    **dict.fromkeys(ERRORS, on_refusal),
    "317": on_idle,
}
