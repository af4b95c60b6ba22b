"""A room or conversation in the list."""

from dataclasses import dataclass, field

from app.client.timeline.timeline import Timeline
from app.client.workspace.unread_times import UnreadTimes

STATUS = ""  # the name of the timeline of the server itself


@dataclass(slots=True)
class Buffer:
    """A room or conversation in the list: its timeline, unread messages and draft.

    `read_at` is the read marker; messages from before we joined are history, which is not unread.
    """

    timeline: Timeline
    unread_times: UnreadTimes = field(default_factory=UnreadTimes)
    read_at: int = 0
    joined_at: int = 0
    active_at: int = 0
    draft: str = ""
    is_joined: bool = False  # or to be rejoined after an outage
    is_muted: bool = False
    awaits_topic: bool = False  # the server sends it after we have joined
    missed: int | None = None  # number of the entry above what arrived during the latest outage

    @property
    def name(self) -> str:
        """The name as the server writes it."""
        return self.timeline.name

    @property
    def unread(self) -> int:
        """The number of unread messages."""
        return self.unread_times.count

    @property
    def mentions(self) -> int:
        """The number of unread messages that are addressed to us."""
        return len(self.unread_times.mentions)

    @property
    def wants_attention(self) -> bool:
        """Whether to lead the user here: something is unread or, if it is muted, a mention is."""
        return bool(self.mentions or (self.unread and not self.is_muted))

    @property
    def is_parted(self) -> bool:
        """Whether this is a room that we are not in."""
        return not (self.is_joined or self.timeline.is_direct or self.name == STATUS)

    def find_new_after(self) -> int:
        """Return the time before the first unread message."""
        unread = self.unread_times.messages
        return unread[0] - 1 if unread else self.read_at
