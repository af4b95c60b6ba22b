"""A connection as the engine sees it: capabilities, registration state, session and sink."""

from dataclasses import dataclass, field

from app.engine.delivery.sink import Sink
from app.events import Kind
from app.wire.capabilities import METADATA, METADATA_2, shape_of
from app.wire.line import parse_tags
from app.wire.multiline import MessageLine
from app.wire.names import Key


@dataclass(slots=True)
class Registration:
    """The values received during registration (NICK, USER, PASS, CAP and AWAY)."""

    nick: str | None = None
    requested_nick: str | None = None  # the nick requested last, even if it was refused
    user: str | None = None
    realname: str = ""
    password: str | None = None
    away: str | None = None  # AWAY message; empty for present, None if not sent
    metadata: dict[str, str] = field(default_factory=dict)
    negotiating: bool = False  # between CAP LS or REQ and CAP END


class SaslState:
    """A SASL exchange in progress; `received` is the base64 text of the current response so far."""

    def __init__(self) -> None:
        self.received = ""


@dataclass(slots=True)
class MultilineBatch:
    """An open multiline batch.

    `tag_section` has the tags of the BATCH command, including the label, as text: as a dictionary,
    they can take twenty times as much memory.
    """

    reference: str
    target: str
    tag_section: str
    kind: Kind | None = None
    lines: list[MessageLine] = field(default_factory=list)
    has_failed: bool = False

    @property
    def tags(self) -> dict[str, str]:
        """The tags of the BATCH command."""
        return parse_tags(self.tag_section)


@dataclass(frozen=True, slots=True)
class DeletionRequest:
    """A request to delete an account, to be confirmed with a code, of which it has the digest.

    `messages` says what becomes of the messages; `expires` is in monotonic seconds.
    """

    account: int
    messages: str
    digest: str
    expires: float


class Client:
    """One connection. Everything except `sink` belongs to the engine's thread."""

    __slots__ = (
        "account",
        "address",
        "cap_version",
        "caps",
        "certificate",
        "connected_at",
        "deletion_request",
        "is_closed",
        "last_received",
        "monitored",
        "multiline_batch",
        "nick",
        "ping_sent",
        "quit_reason",
        "registration",
        "reply_lines",
        "sasl",
        "secure",
        "session",
        "shape",
        "sink",
        "subscriptions",
    )

    def __init__(self, sink: Sink, address: str, secure: bool, now: float) -> None:
        self.sink = sink
        self.address = address
        self.secure = secure
        self.certificate: str | None = None  # fingerprint of the TLS client certificate
        self.connected_at = now  # monotonic seconds
        self.last_received = now  # monotonic seconds of the last line received
        self.ping_sent = False  # since the last line received
        self.quit_reason: str | None = None  # QUIT message to use when the server closes the connection
        self.caps: frozenset[str] = frozenset()
        self.cap_version = 0
        self.shape = 0  # `Shape` bits of the negotiated capabilities
        self.nick = "*"  # target of numerics; `*` before registration
        self.registration = Registration()
        self.account: str | None = None  # set by SASL, possibly before registration is complete
        self.sasl: SaslState | None = None  # the exchange in progress
        self.session: int | None = None  # set when registration is complete
        self.multiline_batch: MultilineBatch | None = None  # the open batch
        self.deletion_request: DeletionRequest | None = None
        self.is_closed = False
        self.reply_lines = 0  # lines sent, plus other work in equivalent lines; charged to the flood limit
        self.monitored: dict[Key, str] = {}  # MONITOR list: nicks as the client spelled them
        self.subscriptions: frozenset[str] = frozenset()  # metadata keys

    def enable(self, caps: frozenset[str]) -> None:
        """Set the negotiated capabilities."""
        self.caps = caps
        self.shape = shape_of(caps)
        if not self.knows_metadata:
            self.subscriptions = frozenset()

    @property
    def knows_metadata(self) -> bool:
        """Whether metadata is sent to the client, which also requires `batch`."""
        return "batch" in self.caps and (METADATA in self.caps or METADATA_2 in self.caps)
