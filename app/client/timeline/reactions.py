"""The reactions to one message."""

from collections.abc import Iterator
from sys import intern

MAX_REACTION_CHARACTERS = 64
MAX_REACTION_CHANGES = 1_000  # kept for one message; further ones are not shown


class Reactions:
    """The reactions to a message, each with its nicks, in the order of their first use.

    The time of every change is kept, also of those that removed a reaction: history is fetched
    backwards, so a change may arrive after a later one, which then prevails.
    """

    __slots__ = ("_changes", "_count")

    def __init__(self) -> None:
        self._changes: dict[str, dict[str, int]] = {}  # reaction to nick to time, < 0 if it was removed
        self._count = 0

    def __bool__(self) -> bool:
        return any(True for _ in self)

    def __iter__(self) -> Iterator[tuple[str, list[str]]]:
        for reaction, changes in self._changes.items():
            nicks = [nick for nick, at in changes.items() if at > 0]
            if nicks:
                yield reaction, nicks

    def change(self, reaction: str, nick: str, at: int, *, is_removed: bool = False) -> None:
        """Add or remove a reaction of a user, unless a later change is known."""
        reaction, at = reaction[:MAX_REACTION_CHARACTERS], max(at, 1)
        changes = self._changes.get(reaction, {})
        known = changes.get(nick)
        if (known is None and self._count >= MAX_REACTION_CHANGES) or abs(known or 0) > at:
            return
        self._count += known is None
        self._changes.setdefault(intern(reaction), changes)[intern(nick)] = -at if is_removed else at

    def has(self, reaction: str, nick: str) -> bool:
        """Whether a user reacted with this."""
        return self._changes.get(reaction[:MAX_REACTION_CHARACTERS], {}).get(nick, 0) > 0
