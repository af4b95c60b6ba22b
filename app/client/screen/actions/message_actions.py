"""The actions on the selected message."""

from collections.abc import Callable, Mapping

from textual.app import App

from app.client.links.finding import find_links
from app.client.links.opening import open_link
from app.client.protocol import intents
from app.client.protocol.events import Message
from app.client.screen.actions.reaction_choice import ReactionChoice, find_reaction
from app.client.screen.actions.timeline_navigation import TimelineNavigation
from app.client.screen.dialogs.chooser import Chooser
from app.client.screen.input.submission import MessageReference, ReferenceKind
from app.client.screen.main_widgets import MainWidgets
from app.client.screen.message_lines.cells import shorten
from app.client.screen.session.screen_session import ScreenSession
from app.client.screen.widgets.choice_list import Choice
from app.client.screen.widgets.message_view import MessageView
from app.client.timeline.entry import Entry, EntryKind
from app.client.timeline.timeline import Timeline
from app.client.ui.questions import YES, Question
from app.errors import UsageError
from app.text.sanitise import clean

MAX_QUOTED_COLUMNS = 40  # of a message in a question
STEPS = {"previous": -1, "next": 1}
ENDS = {"first": -1, "last": 1}
HINTS = {"open-link": "open link", "thread-of": "thread"}  # where they are not the ids of the keys


class MessageActions:
    """Replies, reactions and the like; each acts on the selected message."""

    def __init__(
        self,
        app: App[None],
        session: ScreenSession,
        widgets: MainWidgets,
        navigation: TimelineNavigation,
        keys: Mapping[str, str],
        copy: Callable[[str], None],
        toggle_thread: Callable[[], None],
    ) -> None:
        self._app = app
        self._session = session
        self._widgets = widgets
        self._input = widgets.input
        self._navigation = navigation
        self._copy_text = copy
        self._keys = keys
        self._reactions = ReactionChoice(app, session)
        self._actions = {
            "reply": self._reply,
            "react": self._react,
            "edit": self._edit,
            "delete": self._delete,
            "copy": self._copy,
            "thread-of": lambda entry: toggle_thread(),
            "open-link": self._open_link,
            "original": self._go_to_original,
        }

    @property
    def _view(self) -> MessageView:
        return self._widgets.active_messages

    @property
    def _timeline(self) -> Timeline:
        return self._view.timeline

    @property
    def selected(self) -> Entry | None:
        """The selected message, or None."""
        entry = self._view.selected_entry
        return entry if entry is not None and entry.is_message else None

    def may_run(self, action: str) -> bool:
        """Whether a key acts on a message, rather than being typed."""
        is_idle = self._input.composer.is_idle and len(self._app.screen_stack) == 1
        return is_idle and (action == "previous" or self._view.selected_entry is not None)

    def run(self, action: str) -> None:
        """Run an action on the selected message, or select another one."""
        entry = self.selected
        try:
            if action in STEPS:
                self._navigation.select(STEPS[action])
            elif action in ENDS:
                self._navigation.select_outermost(ENDS[action])
            elif action == "original" and self._navigation.activate():
                pass
            elif entry is not None:
                self._actions[action](entry)
        except UsageError as error:
            self._app.notify(error.sentence, severity="warning", markup=False)
        self.show_hint()

    def show_hint(self) -> None:
        """Show what the input refers to, or the keys for the selected message."""
        self._input.show_hint(self._describe())

    def _describe(self) -> str:
        """Return the keys for the selected message, with what they do."""
        entry = self.selected
        if entry is None or not self.may_run(""):
            return ""
        names = ["reply", "react"] if not entry.is_redacted else []
        names += ["edit"] if entry.is_mine and not entry.is_redacted else []
        names += ["delete"] if self._may_delete(entry) and not entry.is_redacted else []
        names += ["copy"] if not entry.is_redacted else []
        names += ["open-link"] if find_links(clean(entry.text)) else []
        names += ["original", "thread-of"] if entry.reply_to else ["thread-of"]
        parts = [f"{self._keys[name].partition(',')[0]} {HINTS.get(name, name)}" for name in names]
        return " · ".join([*parts, "Esc back"])

    def _to_message(self, entry: Entry) -> Message:
        """Return the message of an entry.

        Raises: UsageError if nothing can refer to the message.
        """
        if entry.is_redacted:
            raise UsageError("This message has been deleted.")
        if not entry.msgid:
            raise UsageError("The server gave this message no id, so nothing can refer to it.")
        return Message(
            self._timeline.name,
            entry.author,
            entry.text,
            entry.at,
            entry.is_mine,
            is_action=entry.kind is EntryKind.ACTION,
            is_notice=entry.kind is EntryKind.NOTICE,
            is_direct=self._timeline.is_direct,
            msgid=entry.msgid,
            reply_to=entry.reply_to,
        )

    def _require(self, capability: str, what: str) -> None:
        if not self._session.reader.supports(capability):
            raise UsageError(f"This server does not support {what}.")

    def _reply(self, entry: Entry) -> None:
        self._require("message-tags", "replies")
        self._refer(ReferenceKind.REPLY, entry)

    def _edit(self, entry: Entry) -> None:
        if not entry.is_mine:
            raise UsageError("You can edit only your own messages.")
        self._require("draft/message-redaction", "editing")
        self._refer(ReferenceKind.EDIT, entry)

    def _refer(self, kind: ReferenceKind, entry: Entry) -> None:
        self._input.refer(MessageReference(kind, self._to_message(entry)))
        self._end_selection()

    def _end_selection(self) -> None:
        """Deselect the message, so that the next key is typed into the input."""
        self._view.select(None)

    def _copy(self, entry: Entry) -> None:
        self._copy_text(entry.text)
        self._end_selection()

    def _may_delete(self, entry: Entry) -> bool:
        return entry.is_mine or self._session.reader.moderates(self._timeline.name)

    def _react(self, entry: Entry) -> None:
        self._require("message-tags", "reactions")
        self._reactions.open(self._timeline, self._to_message(entry), self._end_selection)

    def toggle_label(self, entry: Entry, label: str) -> None:
        """Toggle the reaction that is displayed as a label, possibly shortened."""
        reaction = find_reaction(self._timeline, entry, label)
        if reaction is not None and not entry.is_redacted:
            self._reactions.toggle(self._timeline, self._to_message(entry), reaction)

    def _delete(self, entry: Entry) -> None:
        if not self._may_delete(entry):
            raise UsageError("You can delete only your own messages; in a room, operators can delete others.")
        self._require("draft/message-redaction", "deleting messages")
        message = self._to_message(entry)
        whose = "your message" if entry.is_mine else f"the message of {clean(entry.author)}"
        text = shorten(clean(entry.text), MAX_QUOTED_COLUMNS)

        def decide(answer: str) -> None:
            if answer.strip().lower() in YES:
                self._session.execute(intents.redact, message, "")

        self._session.input.ask(Question(f"Delete {whose} ({text})? [y/N] ", decide))
        self._end_selection()

    def _open_link(self, entry: Entry) -> None:
        urls = list(dict.fromkeys(link.url for link in find_links(clean(entry.text))))
        if not urls:
            raise UsageError("There is no link in this message.")
        if len(urls) == 1:
            self._open_chosen(urls[0])
            return

        def find(query: str) -> list[Choice[str]]:
            return [Choice(url, clean(url)) for url in urls if query.lower() in url.lower()]

        self._app.push_screen(Chooser("Open a link", find), self._open_chosen)

    def _open_chosen(self, url: str | None) -> None:
        try:
            if url is not None:
                self._end_selection()
                open_link(url)
        except UsageError as error:
            self._app.notify(error.sentence, severity="warning", markup=False)

    def _go_to_original(self, entry: Entry) -> None:
        if not entry.reply_to:
            raise UsageError("This message is not a reply.")
        self._navigation.go_to_original(entry)
