"""The keys of the screen. Each binding has an id, by which the setting `keys` refers to it."""

import re
import string
from collections.abc import Callable, Mapping
from difflib import get_close_matches

from textual.binding import Binding, BindingType
from textual.keys import Keys, _character_to_key

Action = Callable[[], None]  # what a key does
MODIFIERS = ("ctrl", "alt", "shift", "super", "hyper", "meta")
# What a terminal sends for these is what it sends for Tab, Enter, Esc or Backspace.
SYNONYMS = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+left_square_bracket": "escape", "ctrl+h": "backspace"}
EDITING = {
    "enter",
    "tab",
    "escape",
    "backspace",
    "delete",
    "up",
    "down",
    "left",
    "right",
    "home",
    "end",
    "space",
}


def _binding(name: str, key: str, description: str) -> Binding:
    """Return a binding of the whole screen to the action of the same name."""
    return Binding(key, f"run('{name}')", description, id=name, priority=True, show=False)


KEYS = (
    _binding("help", "f1", "Show the keys and commands"),
    _binding("switch", "ctrl+k", "Go to a room, a user or a command"),
    _binding("search", "ctrl+f", "Search messages"),
    _binding("next-room", "ctrl+n", "Next room"),
    _binding("previous-room", "ctrl+p", "Previous room"),
    _binding("next-unread", "alt+a", "Next room with unread messages"),
    _binding("next-mention", "alt+m", "Next room with a mention"),
    _binding("peek", "alt+p", "Show the next unread room, but do not mark it as read"),
    *(_binding(f"room-{number}", f"alt+{number}", f"Room {number}") for number in range(1, 10)),
    _binding("first-unread", "alt+u", "First unread message"),
    _binding("mark-all-read", "alt+r", "Mark everything as read"),
    _binding("page-up", "pageup", "Scroll up"),
    _binding("page-down", "pagedown", "Scroll down"),
    _binding("end", "ctrl+end", "Latest message"),
    _binding("select-previous", "alt+up", "Select the previous message"),
    _binding("select-next", "alt+down", "Select the next message"),
    _binding("thread", "alt+t", "Show the thread of the selected message, or close it"),
    _binding("toggle-rooms", "f2", "Show or hide the rooms"),
    _binding("toggle-members", "f3", "Show or hide the members"),
    _binding("theme", "f4", "Choose a theme"),
    _binding("move-room-up", "alt+shift+up", "Move the room up in the list"),
    _binding("move-room-down", "alt+shift+down", "Move the room down in the list"),
    _binding("sort-rooms", "alt+s", "Sort the rooms by activity, or in your own order"),
    _binding("close-room", "alt+w", "Close the conversation, or a room that you have left"),
    _binding("search-input", "ctrl+r", "Find an earlier input"),
    _binding("editor", "alt+e", "Write in your editor ($VISUAL, $EDITOR)"),
    _binding("suspend", "ctrl+z", "Suspend the program; fg in the shell continues it"),
    _binding("retry", "f5", "Connect again after an error"),
    _binding("quit", "ctrl+q", "End the program"),
    _binding("interrupt", "ctrl+c", "Clear the input"),
    Binding(
        "escape",
        "run('back')",
        "Cancel a reply, close the thread, go to the latest messages",
        id="back",
        show=False,
    ),
)


def _message_binding(name: str, keys: str, description: str) -> Binding:
    """Return a binding that acts on the selected message while the input is empty."""
    return Binding(keys, f"message('{name}')", description, id=name, priority=True, show=False)


COMPOSER_KEYS = (
    Binding("alt+enter,ctrl+j,shift+enter", "newline", "Begin another line", id="newline", show=False),
    Binding("tab", "complete(1)", "Complete a command, nick, room or emoji", id="complete", show=False),
    Binding("shift+tab", "complete(-1)", "Previous completion", id="complete-back", show=False),
    Binding("ctrl+underscore", "undo", "Undo the last change", id="undo", show=False),
    Binding("ctrl+up", "recall(-1)", "Previous input", id="previous-input", show=False),
    Binding("ctrl+down", "recall(1)", "Next input", id="next-input", show=False),
)
MESSAGE_KEYS = (
    _message_binding("previous", "up", "Select the previous message; at first, the latest one"),
    _message_binding("next", "down", "Select the next message"),
    _message_binding("first", "home", "Select the first message that is loaded"),
    _message_binding("last", "end", "Select the last message"),
    _message_binding("reply", "r", "Reply"),
    _message_binding("react", "e,plus", "React, or remove your reaction"),
    _message_binding("edit", "u", "Edit your message: it is deleted and sent again"),
    _message_binding("delete", "d", "Delete"),
    _message_binding("copy", "c", "Copy"),
    _message_binding("thread-of", "t", "Show or close its thread"),
    _message_binding("open-link", "o", "Open a link"),
    _message_binding("original", "enter,j", "Go to the message that it replies to"),
)
CHANGEABLE = (*KEYS, *MESSAGE_KEYS)
BINDINGS: list[BindingType] = [*CHANGEABLE]
MESSAGE_ACTIONS = frozenset(binding.id for binding in MESSAGE_KEYS)  # act only in the empty input
FIXED = {"interrupt", "back"}  # keep their keys, so that Ctrl-C never ends the program
RESERVED = {*EDITING, "ctrl+c", *(key for binding in COMPOSER_KEYS for key in binding.key.split(","))}


def accept_keys(wanted: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return the usable keys of a setting by binding, and a sentence about each other."""
    accepted: dict[str, str] = {}
    faults = []
    for name, key in wanted.items():
        fault = _find_fault(name, key, {**accepted, name: to_key(key)})
        if fault:
            faults.append(f"keys: {fault}")
        else:
            accepted[name] = to_key(key)
    return _without_clashes(accepted, faults), faults


def _find_fault(name: str, key: str, accepted: Mapping[str, str]) -> str:
    names = [binding.id for binding in CHANGEABLE if binding.id]
    if name not in names:
        similar = get_close_matches(name, names, n=1)
        hint = (
            f"did you mean {similar[0]!r}?" if similar else "docs/client.md lists the names of the actions."
        )
        return f"there is no action {name!r}; {hint}"
    if name in FIXED:
        return f"{name!r} keeps its key."
    if not is_key(key.lower()):
        return f"{key!r} is not a key; keys are written like f5, ctrl+n or alt+shift+up."
    is_typed = key.lower() in RESERVED or len(key) == 1
    if key.lower() in SYNONYMS or (is_typed and name not in MESSAGE_ACTIONS):
        return f"{key!r} is needed for typing, so it cannot be the key of {name!r}."
    if any(other != name and used == to_key(key) for other, used in accepted.items()):
        return f"{key!r} is already the key of another action."
    return ""


def _without_clashes(accepted: dict[str, str], faults: list[str]) -> dict[str, str]:
    """Leave out keys that belong to bindings which were not given another one."""
    others = [binding for binding in CHANGEABLE if binding.id not in accepted]
    kept = {key: binding.id for binding in others for key in binding.key.split(",")}
    clashes = [name for name, key in accepted.items() if key in kept]
    faults += [
        f"keys: {accepted[name]!r} is already the key of {kept[accepted[name]]!r}; give that another one."
        for name in clashes
    ]
    return {name: key for name, key in accepted.items() if name not in clashes}


def to_key(key: str) -> str:
    """Return a key by the name that Textual gives it: `?` as `question_mark`."""
    return _character_to_key(key) if len(key) == 1 and not key.isalnum() else key.lower()


def is_key(key: str) -> bool:
    """Whether a key can be pressed: optional modifiers, then a character or the name of a key."""
    if len(key) == 1:
        return key.isprintable()
    *modifiers, last = key.split("+") if key else [""]
    is_named = re.fullmatch(r"f\d{1,2}|[a-z_]+", last) and last in {known.value for known in Keys}
    return set(modifiers) <= set(MODIFIERS) and (bool(is_named) or (len(last) == 1 and last.isprintable()))


def _with_key_name(character: str) -> tuple[str, str]:
    return character, _character_to_key(character)


def current_keys(accepted: Mapping[str, str]) -> dict[str, str]:
    """Return the keys in use by the ids of their bindings, as a user writes them: `Ctrl-End`."""
    return {
        binding.id: format_keys(accepted.get(binding.id, binding.key)) for binding in CHANGEABLE if binding.id
    }


def format_keys(keys: str) -> str:
    """Return keys that do the same, as a user writes them: `e,plus` as `e, +`."""
    return ", ".join(map(format_key, keys.split(",")))


def format_key(key: str) -> str:
    """Return a key as a user writes it: `ctrl+pageup` as `Ctrl-PageUp`."""
    names = {"plus": "+", "pageup": "PageUp", "pagedown": "PageDown", "escape": "Esc"}
    names |= {name: character for character, name in map(_with_key_name, string.punctuation)}
    *modifiers, last = key.split("+")
    shown = names.get(last) or (last if len(last) == 1 and not modifiers else last.capitalize())
    return "-".join([*(modifier.capitalize() for modifier in modifiers), shown])
