"""Notifies the user of messages, as the rules and the limit allow."""

from collections.abc import Callable, Collection, Mapping, Sequence

from app.client.notifications.alerts import Alert, AlertLimit, to_alert
from app.client.notifications.command import NotifyCommand
from app.client.notifications.rules import Attention, Circumstances, NotificationRules, decide
from app.client.notifications.sequences import encode_alert
from app.client.protocol.events import ClientEvent, Joined, Message
from app.client.protocol.model import ClientState
from app.clock import Clock
from app.text.local_time import WallClock
from app.wire.names import Key, fold

Emitter = Callable[[Alert], None]


def terminal_emitter(method: str, write: Callable[[str], None], environment: Mapping[str, str]) -> Emitter:
    """Return an emitter for `bell`, `osc9` or `osc777` that writes to a terminal."""
    return lambda alert: write(encode_alert(alert, method, environment))


def command_emitter(command_line: str, report: Callable[[str], None]) -> Emitter:
    """Return an emitter that runs a command; `report` is called from another thread."""
    return NotifyCommand(command_line, report).show


class Notifier:
    """Decides about each event and shows alerts. Must be called in one thread.

    In a room that was never read, the messages from before we joined are history, which the server
    sends like new messages.
    """

    def __init__(self, rules: NotificationRules, emitters: Sequence[Emitter], clock: Clock) -> None:
        self._rules = rules
        self._emitters = emitters
        self._clock = clock
        self._limit = AlertLimit()
        self._joined_at: dict[Key, int] = {}

    def react(
        self, event: ClientEvent, state: ClientState, muted: Collection[Key], is_watched: bool
    ) -> Attention:
        """Return how much attention an event deserves, and show an alert if it is enough."""
        if isinstance(event, Joined) and event.is_mine:
            self._joined_at.setdefault(fold(event.room), event.at)
        if not isinstance(event, Message):
            return Attention.NONE
        attention = decide(event, self._rules, self._circumstances(event, state, muted, is_watched))
        if attention is Attention.NOTIFY:
            self._limit.add(to_alert(event))
            self.show_due()
        return attention

    def show_due(self) -> None:
        """Show an alert that waited for the limit; call it about once a second."""
        alert = self._limit.take(self._clock.monotonic())
        if alert is not None:
            for emit in self._emitters:
                emit(alert)

    def _circumstances(
        self, message: Message, state: ClientState, muted: Collection[Key], is_watched: bool
    ) -> Circumstances:
        room = state.find_room(message.room)
        read_at = room.read_at if room else 0
        return Circumstances(
            state.nick,
            WallClock(self._clock.now(), None).shown,
            read_at or self._joined_at.get(fold(message.room), 0),
            muted,
            is_watched,
        )
