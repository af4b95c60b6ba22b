"""The capabilities that the server offers, each declared with its specification.

Capabilities that change how an event is encoded have a bit; the bits that a client has negotiated
form its *shape*.

Before CAP version 302, the list of capabilities had to fit into one line, which is too short for
all of them. Capabilities that require a value or a batch are therefore listed only from version 302
on (https://ircv3.net/specs/extensions/capability-negotiation); clients can request them regardless.
"""

from dataclasses import dataclass
from typing import Final

IRCV3 = "https://ircv3.net/specs/extensions/"
SOJU = "https://codeberg.org/emersion/soju/src/branch/master/doc/ext/"
METADATA = "draft/metadata-3"
METADATA_2 = "draft/metadata-2"  # its previous revision
MIN_VERSION_WITH_VALUES = 302  # the CAP LS version that introduced values and multiline replies


class Shape:
    """A bit for each capability that changes event encoding; plain integers for speed."""

    TIME: Final = 1
    TAGS: Final = 2
    ACCOUNT_TAG: Final = 4
    EXTENDED_JOIN: Final = 8
    AWAY_NOTIFY: Final = 16
    ACCOUNT_NOTIFY: Final = 32
    READ_MARKER: Final = 64
    SETNAME: Final = 128
    REDACTION: Final = 256
    MULTILINE: Final = 512
    CHGHOST: Final = 1024
    RENAMING: Final = 2048
    METADATA_2: Final = 4096


@dataclass(frozen=True, slots=True)
class Capability:
    """A capability: its specification, `Shape` bit, and the first CAP LS version that lists it."""

    name: str
    specification: str
    bit: int = 0
    version: int = 0

    @property
    def state(self) -> str:
        """The status that the name implies; see capability-negotiation, "Rules for naming"."""
        vendor, separator, _ = self.name.rpartition("/")
        return "ratified" if not separator else "draft" if vendor == "draft" else "vendor"


_ALL = (
    Capability("account-notify", IRCV3 + "account-notify", Shape.ACCOUNT_NOTIFY),
    Capability("account-tag", IRCV3 + "account-tag", Shape.ACCOUNT_TAG),
    Capability("away-notify", IRCV3 + "away-notify", Shape.AWAY_NOTIFY),
    Capability("batch", IRCV3 + "batch"),
    Capability("cap-notify", IRCV3 + "capability-negotiation#cap-notify"),
    Capability("chghost", IRCV3 + "chghost", Shape.CHGHOST),
    Capability("draft/account-registration", IRCV3 + "account-registration", version=MIN_VERSION_WITH_VALUES),
    Capability("draft/channel-rename", IRCV3 + "channel-rename", Shape.RENAMING),
    Capability("draft/chathistory", IRCV3 + "chathistory", version=MIN_VERSION_WITH_VALUES),
    Capability("draft/event-playback", IRCV3 + "chathistory", version=MIN_VERSION_WITH_VALUES),
    Capability("draft/extended-isupport", IRCV3 + "extended-isupport", version=MIN_VERSION_WITH_VALUES),
    Capability("draft/message-redaction", IRCV3 + "message-redaction", Shape.REDACTION),
    Capability(METADATA_2, IRCV3 + "metadata", Shape.METADATA_2, version=MIN_VERSION_WITH_VALUES),
    Capability(METADATA, IRCV3 + "metadata", version=MIN_VERSION_WITH_VALUES),
    Capability("draft/multiline", IRCV3 + "multiline", Shape.MULTILINE, version=MIN_VERSION_WITH_VALUES),
    Capability("draft/pre-away", IRCV3 + "pre-away"),
    Capability("draft/read-marker", IRCV3 + "read-marker", Shape.READ_MARKER),
    Capability("echo-message", IRCV3 + "echo-message"),
    Capability("extended-join", IRCV3 + "extended-join", Shape.EXTENDED_JOIN),
    Capability("extended-monitor", IRCV3 + "extended-monitor"),
    Capability("invite-notify", IRCV3 + "invite-notify"),
    Capability("labeled-response", IRCV3 + "labeled-response"),
    Capability("message-tags", IRCV3 + "message-tags", Shape.TAGS),
    Capability("multi-prefix", IRCV3 + "multi-prefix"),
    Capability("no-implicit-names", IRCV3 + "no-implicit-names"),
    Capability("sasl", IRCV3 + "sasl-3.2"),
    Capability("server-time", IRCV3 + "server-time", Shape.TIME),
    Capability("setname", IRCV3 + "setname", Shape.SETNAME),
    Capability("soju.im/search", SOJU + "search.md", version=MIN_VERSION_WITH_VALUES),
    Capability("standard-replies", IRCV3 + "standard-replies"),
    Capability("userhost-in-names", IRCV3 + "userhost-in-names"),
    Capability("znc.in/playback", "https://wiki.znc.in/Playback", version=MIN_VERSION_WITH_VALUES),
)

CAPABILITIES = {capability.name: capability for capability in _ALL}


def shape_of(caps: frozenset[str]) -> int:
    """Return the shape of a set of capabilities.

    `draft/multiline` requires `batch`, and `draft/metadata-3` replaces `draft/metadata-2`.
    """
    shape = 0
    for name in caps:
        shape |= CAPABILITIES[name].bit
    if "batch" not in caps:
        shape &= ~Shape.MULTILINE
    if METADATA in caps:
        shape &= ~Shape.METADATA_2
    return shape
