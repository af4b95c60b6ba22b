"""The dialog that chooses a reaction, with the latest ones first, and what it does."""

from collections.abc import Callable

from textual.app import App

from app.client.emoji import complete
from app.client.protocol import intents
from app.client.protocol.events import Message
from app.client.screen.dialogs.chooser import Chooser
from app.client.screen.session.screen_session import ScreenSession
from app.client.screen.widgets.choice_list import Choice
from app.client.timeline.entry import Entry
from app.client.timeline.reactions import MAX_REACTION_CHARACTERS
from app.client.timeline.timeline import Timeline
from app.client.ui.completion.message_completion import EMOJI
from app.text.sanitise import clean

MAX_RECENT_REACTIONS = 12


class ReactionChoice:
    """Chooses a reaction to a message, and remembers the latest ones across starts."""

    def __init__(self, app: App[None], session: ScreenSession) -> None:
        self._app = app
        self._session = session
        self._recent: list[str] | None = None  # None: not loaded yet

    def open(self, timeline: Timeline, message: Message, on_chosen: Callable[[], None]) -> None:
        """Let the user choose a reaction to a message."""

        def toggle(reaction: str | None) -> None:
            if reaction:
                self.toggle(timeline, message, reaction)
                on_chosen()

        self._app.push_screen(Chooser("React with an emoji or a word", self._find), toggle)

    def _find(self, query: str) -> list[Choice[str]]:
        """Return the reactions that match; without a query, the latest and the usual ones."""
        if not query:
            recent = self._load_recent()
            usual = [emoji for emoji in EMOJI if emoji not in recent]
            known = [(one, EMOJI.get(one, "")) for one in [*recent, *usual]]
            return [Choice(one, clean(one), names) for one, names in known]
        found = complete(query.strip(":"))
        choices = [Choice(character, character, f":{name}:") for name, character in found]
        if not query.startswith(":") and len(query) <= MAX_REACTION_CHARACTERS:
            choices.append(Choice(query, clean(query), "as typed"))
        return choices

    def toggle(self, timeline: Timeline, message: Message, reaction: str) -> None:
        """Add our reaction to a message, or remove it if it is there already."""
        reactions = timeline.reactions.get(message.msgid)
        if reactions is not None and reactions.has(reaction, self._session.driver.state.nick):
            self._session.execute(intents.unreact, message, reaction)
            return
        self._session.execute(intents.react, message, reaction)
        self._recent = [reaction, *(one for one in self._load_recent() if one != reaction)]
        self._recent = self._recent[:MAX_RECENT_REACTIONS]
        self._session.keep_reactions(self._recent)

    def _load_recent(self) -> list[str]:
        if self._recent is None:
            self._recent = self._session.storage.reactions.load()[:MAX_RECENT_REACTIONS]
        return self._recent


def find_reaction(timeline: Timeline, entry: Entry, label: str) -> str | None:
    """Return the reaction to a message that is displayed as a label, possibly shortened."""
    start = label.removesuffix("…")
    reactions = timeline.reactions.get(entry.msgid) or ()
    return next((one for one, _ in reactions if clean(one).startswith(start)), None)
