"""Hints for the first start."""

from collections.abc import Mapping


def list_hints(keys: Mapping[str, str]) -> list[str]:
    """Return three sentences that one can start with; `keys` has the shown keys of the actions."""
    return [
        f"{keys['help']} lists all keys and commands.",
        f"{keys['switch']} goes to a room, a user or a command: type a part of the name.",
        "In the empty input, Up selects a message: to reply, react, copy or edit.",
    ]
