"""Retention policies: how many days history is kept, and from when on it has expired."""

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select

from app.db.models import RoomRetentionRow
from app.settings import ServerSettings
from app.text.counts import count_of

DAY_MILLISECONDS = 86_400_000
FOREVER = 0  # days
_ALL = select(RoomRetentionRow.room_id, RoomRetentionRow.days, RoomRetentionRow.hold)
_FIND_POLICY = select(RoomRetentionRow.days, RoomRetentionRow.hold).where(
    RoomRetentionRow.room_id == bindparam("room")
)


@dataclass(frozen=True, slots=True)
class RetentionDefaults:
    """The days for rooms without a policy of their own, and for private messages."""

    room_days: int
    direct_days: int

    @classmethod
    def of(cls, settings: ServerSettings) -> "RetentionDefaults":
        """Return the defaults from the server's settings."""
        return cls(settings.retention_days, settings.direct_retention_days)


@dataclass(frozen=True, slots=True)
class RoomPolicy:
    """The policy of a room: its days, None for the default, and the reason of a hold, if any."""

    days: int | None = None
    hold: str | None = None

    def effective_days(self, defaults: RetentionDefaults) -> int:
        """Return the days that apply, regardless of a hold."""
        return defaults.room_days if self.days is None else self.days

    def cutoff(self, defaults: RetentionDefaults, now: int) -> int | None:
        """Return the instant before which history has expired, or None if it is kept."""
        return None if self.hold is not None else find_cutoff(self.effective_days(defaults), now)


DEFAULT_POLICY = RoomPolicy()


def find_cutoff(days: int, now: int) -> int | None:
    """Return the start of the day that is `days` before today (UTC), or None for no limit."""
    return None if days == FOREVER else now - now % DAY_MILLISECONDS - days * DAY_MILLISECONDS


def find_policy(connection: Connection, room: int) -> RoomPolicy:
    """Return the policy of a room, which may have been deleted."""
    row = connection.execute(_FIND_POLICY, {"room": room}).one_or_none()
    return DEFAULT_POLICY if row is None else RoomPolicy(row.days, row.hold)


def load_policies(connection: Connection) -> dict[int, RoomPolicy]:
    """Return all policies that differ from the default, by room."""
    return {row.room_id: RoomPolicy(row.days, row.hold) for row in connection.execute(_ALL)}


def describe_policy(room: str, policy: RoomPolicy, defaults: RetentionDefaults) -> str:
    """Return the sentences that tell the users of a room how long its history is kept."""
    kept = f"The history of {room} is kept {format_days(policy.effective_days(defaults))}."
    return kept if policy.hold is None else f"{kept} Deletion is suspended: {policy.hold}"


def describe_defaults(defaults: RetentionDefaults) -> str:
    """Return the sentences that tell all users how long history is kept."""
    rooms, direct = format_days(defaults.room_days), format_days(defaults.direct_days)
    return (
        f"The history of rooms is kept {rooms}, unless a room has a limit of its own. "
        f"Private messages are kept {direct}."
    )


def format_days(days: int) -> str:
    """Return the end of "is kept ...": `for 90 days`, or `forever`."""
    return "forever" if days == FOREVER else f"for {count_of(days, 'day')}"
