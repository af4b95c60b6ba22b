"""Decides how much attention a message deserves."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from app.client.notifications.mentions import is_mentioned
from app.client.protocol.events import Message
from app.text.daily_periods import DailyPeriod
from app.wire.names import Key, fold


class Attention(IntEnum):
    """How much attention a message deserves; each level includes the ones below it."""

    NONE = 0  # nothing: our own message, an old one, or one that is being read
    COUNT = 1  # unread
    MENTION = 2  # addressed to us
    NOTIFY = 3  # addressed to us, and worth an interruption


@dataclass(frozen=True, slots=True)
class NotificationRules:
    """What the user wants to be notified of: keywords besides the nick, and at what times."""

    keywords: tuple[str, ...] = ()
    quiet_hours: tuple[DailyPeriod, ...] = ()

    def is_quiet(self, shown: datetime) -> bool:
        """Return whether a local time is within the quiet hours."""
        return any(period.contains(shown) for period in self.quiet_hours)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """The circumstances in which a message arrives.

    `local_time` is the time that the user's clock shows. Messages up to `read_at` (milliseconds
    since the epoch) are old: they were read before, or are history from before we joined.
    `is_watched` means that the conversation is visible in a terminal that has the focus.
    """

    nick: str
    local_time: datetime
    read_at: int = 0
    muted: Collection[Key] = ()
    is_watched: bool = False


def decide(message: Message, rules: NotificationRules, circumstances: Circumstances) -> Attention:
    """Return how much attention a message deserves. Ignored users must be filtered before.

    The messages of a muted conversation are counted and mentions in it are marked, but they do not
    notify; nor does any message during the quiet hours or in a conversation that is being watched.
    """
    if message.is_mine or message.at <= circumstances.read_at:
        return Attention.NONE
    if not is_for_us(message, circumstances.nick, rules.keywords):
        return Attention.NONE if circumstances.is_watched else Attention.COUNT
    is_muted = fold(message.room) in circumstances.muted
    if is_muted or circumstances.is_watched or rules.is_quiet(circumstances.local_time):
        return Attention.MENTION
    return Attention.NOTIFY


def is_for_us(message: Message, nick: str, keywords: Collection[str]) -> bool:
    """Return whether a message is direct or contains our nick or a keyword.

    A direct notice is not, because services and programs send them as automatic replies.
    """
    if message.is_direct:
        return not message.is_notice
    return is_mentioned(message.text, (nick, *keywords))
