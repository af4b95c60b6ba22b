"""A connection as the engine sees it: what was negotiated, who it speaks for, and where its bytes go."""

from dataclasses import dataclass, field
from typing import Any

from app.engine.delivery.sink import Sink
from app.wire.capabilities import METADATA, shape_of
from app.wire.names import Key


@dataclass(slots=True)
class Registration:
    """What a connection has said of itself before it is somebody."""

    nick: str | None = None
    wanted: str | None = None  # the nick asked for last, even if it was refused
    user: str | None = None
    realname: str = ""
    password: str | None = None
    away: str | None = None  # the message, empty for being there, None if nothing was said
    metadata: dict[str, str] = field(default_factory=dict)
    negotiating: bool = False


class Client:
    """One connection. Everything but `sink` belongs to the engine."""

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
        self.certificate: str | None = None  # the fingerprint of the one that it has shown (TLS)
        self.since = now  # monotonic seconds at which it connected
        self.heard = now  # and at which it last said something
        self.pinged = False
        self.parting: str | None = None  # why the server ended it
        self.caps: frozenset[str] = frozenset()
        self.cap_version = 0
        self.shape = 0
        self.nick = "*"  # how replies address it
        self.registration = Registration()
        self.account: str | None = None  # logged in as, possibly before it is somebody
        self.sasl: Any = None  # the mechanism under way
        self.session: int | None = None  # whose connection it is, once registered
        self.collected: Any = None  # the multiline message that it is sending
        self.ended = False
        self.answered = 0  # lines so far, or as much work as they are; its reader pays for them
        self.watched: dict[Key, str] = {}  # nicks whose coming and going it is told of, as it spells them
        self.subscribed: frozenset[str] = frozenset()  # keys of metadata whose changes it is told of

    def enable(self, caps: frozenset[str]) -> None:
        """Have exactly these capabilities from now on."""
        self.caps = caps
        self.shape = shape_of(caps)
        if not self.knows_metadata:
            self.subscribed = frozenset()

    @property
    def knows_metadata(self) -> bool:
        """Whether it is told metadata, which comes in batches (draft/metadata-3, "Definitions")."""
        return METADATA in self.caps and "batch" in self.caps
