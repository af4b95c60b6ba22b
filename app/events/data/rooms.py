"""Data of events of rooms: their life, members, modes and retention."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.events.event import EventData

ModeRow = tuple[str, str, str | None, int | None]  # sign, letter, argument, account id of a role


@dataclass(frozen=True, slots=True)
class CreatedData(EventData):
    """The properties of a new room; `founder` is an account id."""

    modes: str
    official: bool
    founder: int | None


@dataclass(frozen=True, slots=True)
class RenamedData(EventData):
    """The new name of a room."""

    to: str


@dataclass(frozen=True, slots=True)
class DeletedData(EventData):
    """Whether the history of a deleted room is erased, and the actor for the audit log."""

    erase: bool = False
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class JoinedData(EventData):
    """A new member's real name and roles.

    `override` says that an administrator bypassed the modes, `invited` that an invitation was used.
    """

    realname: str = ""
    roles: str = ""
    override: bool = False
    invited: bool = False


@dataclass(frozen=True, slots=True)
class KickedData(EventData):
    """The kicked session, and the name of the room unless `chat-admin` kicked it."""

    session: int
    room: str | None = None


@dataclass(frozen=True, slots=True)
class InvitedData(EventData):
    """The invited session, and the name of the room."""

    session: int
    room: str


@dataclass(frozen=True, slots=True)
class ModeData(EventData):
    """Mode changes.

    `override`: made by an administrator who is not a channel operator. `initial`: the roles of a
    user who has just joined, and whose devices receive them with the names of the room.
    """

    changes: Sequence[ModeRow]
    override: bool = False
    initial: bool = False


@dataclass(frozen=True, slots=True)
class RetentionData(EventData):
    """How many days the history of a room is kept, and the reason of a hold.

    `days` is None for the server's default and 0 for no limit; `hold` is None without a hold.
    """

    days: int | None = None
    hold: str | None = None
