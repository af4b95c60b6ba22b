"""Data of events of sessions: connecting, leaving, hosts and operators."""

from dataclasses import dataclass

from app.events.event import EventData


@dataclass(frozen=True, slots=True)
class ConnectedData(EventData):
    """The address and real name of a new session, and the node that accepted it."""

    address: str
    realname: str
    node: str


@dataclass(frozen=True, slots=True)
class DepartureData(EventData):
    """The instant up to which everything was delivered to the client; None means up to the event.

    It is earlier if the client timed out, or if its node is gone.
    """

    heard: int | None = None


@dataclass(frozen=True, slots=True)
class DetachedData(DepartureData):
    """The node that has no device of the session any more.

    It is None in events of earlier versions, when only one node could have devices.
    """

    node: str | None = None


@dataclass(frozen=True, slots=True)
class AttachedData(EventData):
    """The node that has a device of the session; None as in `DetachedData`."""

    node: str | None = None


@dataclass(frozen=True, slots=True)
class HostData(EventData):
    """The administrator who changed a host: nick, account and session."""

    by: str
    account: str | None
    operator: int | None


@dataclass(frozen=True, slots=True)
class KilledData(EventData):
    """The session to disconnect."""

    session: int


@dataclass(frozen=True, slots=True)
class OperData(EventData):
    """The address that OPER was sent from."""

    address: str
