"""Data of events of sessions: connecting, leaving, hosts and operators."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.events.event import EventData


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicesData(EventData):
    """What WHOIS shows of the devices that a session has on a node.

    `secure` says whether all of them use TLS. The fingerprints of their certificates are sorted.
    """

    secure: bool = False
    certificates: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class ConnectedData(DevicesData):
    """The address and real name of a new session, the node that accepted it, and the instant.

    The instant is None in events of earlier versions; it is then that of the event.
    """

    address: str
    realname: str
    node: str
    signon: int | None = None


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
class AttachedData(DevicesData):
    """The node that has devices of the session; None as in `DetachedData`."""

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
