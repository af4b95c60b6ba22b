"""The events that the protocol reports to the display.

The display modules decide how events are rendered. Times are milliseconds since the Unix epoch.
"""

from app.client.protocol.events.accounts import (
    LoggedIn,
    LoggedOut,
    LoginFailed,
    NickProblem,
    NickRefused,
    NickUnregistered,
    Registered,
    RegistrationFailed,
)
from app.client.protocol.events.base import (
    ClientEvent,
)
from app.client.protocol.events.connection import (
    Phase,
    PhaseChanged,
    Resumed,
)
from app.client.protocol.events.conversation import (
    AwayChanged,
    Invited,
    Joined,
    JoinRefused,
    Kicked,
    Message,
    ModeChanged,
    Parted,
    Quit,
    Quote,
    Reaction,
    Redacted,
    Renamed,
    TopicChanged,
)
from app.client.protocol.events.delivery import (
    Cancelled,
    Queued,
    SendFailed,
    Sending,
    Stored,
)
from app.client.protocol.events.history import (
    Direction,
    HistoryEvent,
    HistoryFetched,
    HistoryRefused,
    MembershipEvent,
    Replayed,
)
from app.client.protocol.events.presence import AwayReceived, LagMeasured, MarkerMoved, Typing, TypingState
from app.client.protocol.events.replies import (
    HistoryPage,
    Ignored,
    Members,
    Notice,
    SearchResult,
    Table,
    UnreadMessages,
    UnreadRoom,
)

__all__ = [
    "AwayChanged",
    "AwayReceived",
    "Cancelled",
    "ClientEvent",
    "Direction",
    "HistoryEvent",
    "HistoryFetched",
    "HistoryPage",
    "HistoryRefused",
    "Ignored",
    "Invited",
    "JoinRefused",
    "Joined",
    "Kicked",
    "LagMeasured",
    "LoggedIn",
    "LoggedOut",
    "LoginFailed",
    "MarkerMoved",
    "Members",
    "MembershipEvent",
    "Message",
    "ModeChanged",
    "NickProblem",
    "NickRefused",
    "NickUnregistered",
    "Notice",
    "Parted",
    "Phase",
    "PhaseChanged",
    "Queued",
    "Quit",
    "Quote",
    "Reaction",
    "Redacted",
    "Registered",
    "RegistrationFailed",
    "Renamed",
    "Replayed",
    "Resumed",
    "SearchResult",
    "SendFailed",
    "Sending",
    "Stored",
    "Table",
    "TopicChanged",
    "Typing",
    "TypingState",
    "UnreadMessages",
    "UnreadRoom",
]
