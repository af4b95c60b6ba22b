"""The notifier in conversations: history, catching up, mutes and the limit."""

from collections.abc import Callable

import pytest

from app.client.notifications.alerts import Alert
from app.client.notifications.notifier import Notifier
from app.client.notifications.rules import Attention, NotificationRules
from app.client.protocol import intents
from app.client.protocol.events import ClientEvent
from app.wire.names import Key, fold
from tests.client.harness import CAPABILITIES, ClientHarness, history_batch, join, privmsg, register
from tests.conftest import MovedClock


class NotifiedUser:
    """A client with a notifier that records its alerts."""

    def __init__(self, clock: MovedClock, **options: object) -> None:
        self.client = ClientHarness(**options)
        self.clock = clock
        self.alerts: list[Alert] = []
        self.muted: set[Key] = set()
        self.notifier = Notifier(NotificationRules(), [self.alerts.append], clock)
        self.client.connect()
        register(self.client, CAPABILITIES)

    def attention(self) -> list[Attention]:
        """Let the notifier react to what the client has shown, and return each answer but NONE."""
        found = [self._react(event) for event in self.client.events]
        self.client.clear()
        return [attention for attention in found if attention]

    def receive(self, *lines: str) -> list[Attention]:
        """Receive lines from the server."""
        self.client.receive(*lines)
        return self.attention()

    def _react(self, event: ClientEvent) -> Attention:
        return self.notifier.react(event, self.client.state, self.muted, is_watched=False)


@pytest.fixture
def start(clock: MovedClock) -> Callable[..., NotifiedUser]:
    """Return a client in #tea whose notifier has seen the start."""

    def start(**options: object) -> NotifiedUser:
        user = NotifiedUser(clock, **options)
        assert user.attention() == []
        return user

    return start


def test_mentions_and_direct_messages_notify(start: Callable[..., NotifiedUser]) -> None:
    user = start()
    assert user.receive(privmsg("m1", "anna: tea?")) == [Attention.NOTIFY]
    assert user.alerts == [Alert("#tea", "bob", "anna: tea?")]
    assert user.receive(privmsg("m2", "hello", second=2)) == [Attention.COUNT]
    assert user.receive(privmsg("m3", "psst", room="anna", second=3)) == [Attention.NOTIFY]
    user.clock.instant += 1000
    user.notifier.show_due()
    assert user.alerts[1:] == [Alert("bob", "bob", "psst", is_direct=True)]


def test_history_of_a_room_never_read_does_not_notify(start: Callable[..., NotifiedUser]) -> None:
    user = start(initial_history=10)
    old = "@msgid=m0;time=2026-11-22T11:00:00.000Z :bob!~u@host PRIVMSG #tea :anna: are you there?"
    assert user.receive(*history_batch("#tea", old)) == []
    assert user.receive(privmsg("m1", "anna: there you are")) == [Attention.NOTIFY]


def test_missed_messages_notify_unless_read_on_another_device(start: Callable[..., NotifiedUser]) -> None:
    user = start()
    user.receive(privmsg("m1", "hello"))
    user.client.execute(intents.mark_read, "#tea")
    user.client.disconnect()
    user.client.connect()
    register(user.client, CAPABILITIES)
    user.client.receive(":srv MARKREAD #tea timestamp=2026-11-22T12:00:02.000Z")
    missed = [privmsg("m2", "anna: one", second=2), privmsg("m3", "anna: two", second=3)]
    assert user.receive(*history_batch("#tea", *missed)) == [Attention.NOTIFY]
    assert [alert.text for alert in user.alerts] == ["anna: two"]


def test_muted_room_marks_mentions_but_does_not_notify(start: Callable[..., NotifiedUser]) -> None:
    user = start()
    user.muted.add(fold("#tea"))
    assert user.receive(privmsg("m1", "anna: hi")) == [Attention.MENTION]
    join(user.client, "#ops")
    assert user.receive(privmsg("m2", "anna: hi", room="#ops")) == [Attention.NOTIFY]
    assert [alert.room for alert in user.alerts] == ["#ops"]


def test_messages_within_a_second_are_summarised(start: Callable[..., NotifiedUser]) -> None:
    user = start()
    user.receive(*(privmsg(f"m{number}", "anna: hi", second=number) for number in range(1, 5)))
    user.notifier.show_due()
    assert [alert.text for alert in user.alerts] == ["anna: hi"]
    user.clock.instant += 1000
    user.notifier.show_due()
    user.notifier.show_due()
    assert [alert.text for alert in user.alerts[1:]] == ["3 messages in #tea"]
