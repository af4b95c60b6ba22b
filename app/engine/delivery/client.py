"""A connection as the engine sees it: capabilities, registration state, session and sink."""

from dataclasses import dataclass, field

from app.engine.delivery.sink import Sink
from app.events import Kind
from app.wire.capabilities import METADATA, shape_of
from app.wire.multiline import MessageLine
from app.wire.names import Key


@dataclass(slots=True)
class Registration:
    """What a connection has sent during registration (NICK, USER, PASS, CAP)."""

    nick: str | None = None
    wanted: str | None = None  # the nick requested last, even if it was refused
    user: str | None = None
    realname: str = ""
    password: str | None = None
    away: str | None = None  # AWAY message; empty for present, None if not sent
    metadata: dict[str, str] = field(default_factory=dict)
    negotiating: bool = False


class SaslState:
    """A SASL exchange in progress; `collected` is the base64 received of the current message."""

    def __init__(self) -> None:
        self.collected = ""


@dataclass(slots=True)
class MultilineBatch:
    """An open batch; `tags` are those of the BATCH command that opened it, including the label."""

    reference: str
    target: str
    tags: dict[str, str]
    kind: Kind | None = None
    lines: list[MessageLine] = field(default_factory=list)
    has_failed: bool = False


class Client:
    """One connection. Everything except `sink` belongs to the engine's thread."""

    __slots__ = (
        "account",
        "address",
        "answered",
        "cap_version",
        "caps",
        "certificate",
        "collected",
        "ended",
        "heard",
        "nick",
        "parting",
        "pinged",
        "registration",
        "sasl",
        "secure",
        "session",
        "shape",
        "since",
        "sink",
        "subscribed",
        "watched",
    )

    def __init__(self, sink: Sink, address: str, secure: bool, now: float) -> None:
        self.sink = sink
        self.address = address
        self.secure = secure
        self.certificate: str | None = None  # fingerprint of the TLS client certificate
        self.since = now  # monotonic seconds of the connect
        self.heard = now  # monotonic seconds of the last line received
        self.pinged = False
        self.parting: str | None = None  # the reason when the server closes it
        self.caps: frozenset[str] = frozenset()
        self.cap_version = 0
        self.shape = 0
        self.nick = "*"  # target of numerics; `*` before registration
        self.registration = Registration()
        self.account: str | None = None  # logged in as, possibly before registration is complete
        self.sasl: SaslState | None = None  # the SASL exchange in progress
        self.session: int | None = None  # session of its user, once registered
        self.collected: MultilineBatch | None = None  # the multiline batch in progress
        self.ended = False
        self.answered = 0  # reply lines so far, or equivalent work; charged to the flood limit
        self.watched: dict[Key, str] = {}  # MONITOR list: nicks as the client spelled them
        self.subscribed: frozenset[str] = frozenset()  # metadata keys that it subscribed to

    def enable(self, caps: frozenset[str]) -> None:
        """Set the negotiated capabilities."""
        self.caps = caps
        self.shape = shape_of(caps)
        if not self.knows_metadata:
            self.subscribed = frozenset()

    @property
    def knows_metadata(self) -> bool:
        """Whether it receives metadata, which also requires batch (draft/metadata-3, "Definitions")."""
        return METADATA in self.caps and "batch" in self.caps
