"""Lets the user choose a theme, which is shown at once and kept across starts."""

from collections.abc import Callable

from textual.app import App

from app.client.screen.dialogs.chooser import Chooser
from app.client.screen.keys import Action
from app.client.screen.theme import THEME_DESCRIPTIONS
from app.client.screen.widgets.choice_list import Choice


class ThemeChoice:
    """The dialog that chooses a theme; `apply` shows one, `keep` also stores it."""

    def __init__(
        self, app: App[None], name: str, apply: Callable[[str], None], keep: Callable[[str], None]
    ) -> None:
        self._app = app
        self._name = name
        self._apply = apply
        self._keep = keep

    def actions(self) -> dict[str, Action]:
        """Return the action by the id of its key."""
        return {"theme": self.open}

    def open(self) -> None:
        """Let the user choose a theme."""
        self._app.push_screen(Chooser("Choose a theme", self._find, self._apply), self._decide)

    def _find(self, query: str) -> list[Choice[str]]:
        """Return the themes that match, with the current one first."""
        return sorted(find_themes(query), key=lambda choice: choice.value != self._name)

    def use(self, name: str) -> None:
        """Use a theme from now on; without a name, let the user choose."""
        if name:
            self._decide(name)
        else:
            self.open()

    def _decide(self, name: str | None) -> None:
        """Keep the chosen theme, or return to the former one."""
        if name is not None:
            self._name = name
            self._keep(name)
        self._apply(self._name)


def find_themes(query: str) -> list[Choice[str]]:
    """Return the themes whose names or descriptions contain all words of a query."""
    words = query.lower().split()
    return [
        Choice(name, name, text)
        for name, text in THEME_DESCRIPTIONS.items()
        if all(word in f"{name} {text}".lower() for word in words)
    ]
