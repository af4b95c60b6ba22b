"""The capabilities this server offers, each declared once with the page that specifies it.

Some of them change how an event looks; those have a bit, and the bits a client has negotiated are its *shape*.

Clients that negotiate an old version get the names in one line, which has no room for all of them. What
cannot be used without its value, without a batch or without other capabilities of that kind is therefore
listed from version 302 on. It may still be asked for by whoever knows of it.
"""

from dataclasses import dataclass
from typing import Final

IRCV3 = "https://ircv3.net/specs/extensions/"
SOJU = "https://codeberg.org/emersion/soju/src/branch/master/doc/ext/"
METADATA = "draft/metadata-3"
WITH_VALUES = 302  # the version of the negotiation from which on clients understand values and several lines


class Shape:
    """The capabilities that change the bytes of an event, a bit each: plain numbers, asked for at every line."""

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


@dataclass(frozen=True, slots=True)
class Capability:
    """One capability: its name, what specifies it, its bit if it has one, and from which version it is listed."""

    name: str
    specification: str
    bit: int = 0
    version: int = 0

    @property
    def state(self) -> str:
        """How settled it is, which its name tells (capability-negotiation, "Rules for naming capabilities")."""
        vendor, separator, _ = self.name.rpartition("/")
        return "ratified" if not separator else "draft" if vendor == "draft" else "vendor"


_ALL = (
    Capability("account-notify", IRCV3 + "account-notify", Shape.ACCOUNT_NOTIFY),
    Capability("account-tag", IRCV3 + "account-tag", Shape.ACCOUNT_TAG),
    Capability("away-notify", IRCV3 + "away-notify", Shape.AWAY_NOTIFY),
    Capability("batch", IRCV3 + "batch"),
    Capability("cap-notify", IRCV3 + "capability-negotiation#cap-notify"),
    Capability("chghost", IRCV3 + "chghost", Shape.CHGHOST),
    Capability("draft/account-registration", IRCV3 + "account-registration", version=WITH_VALUES),
    Capability("draft/channel-rename", IRCV3 + "channel-rename", Shape.RENAMING),
    Capability("draft/chathistory", IRCV3 + "chathistory", version=WITH_VALUES),
    Capability("draft/event-playback", IRCV3 + "chathistory", version=WITH_VALUES),
    Capability("draft/extended-isupport", IRCV3 + "extended-isupport", version=WITH_VALUES),
    Capability("draft/message-redaction", IRCV3 + "message-redaction", Shape.REDACTION),
    Capability(METADATA, IRCV3 + "metadata", version=WITH_VALUES),
    Capability("draft/multiline", IRCV3 + "multiline", Shape.MULTILINE, version=WITH_VALUES),
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
    Capability("soju.im/search", SOJU + "search.md", version=WITH_VALUES),
    Capability("standard-replies", IRCV3 + "standard-replies"),
    Capability("userhost-in-names", IRCV3 + "userhost-in-names"),
    Capability("znc.in/playback", "https://wiki.znc.in/Playback", version=WITH_VALUES),
)

CAPABILITIES = {capability.name: capability for capability in _ALL}


def shape_of(caps: frozenset[str]) -> int:
    """Return the shape that a set of capability names amounts to."""
    shape = 0
    for name in caps:
        shape |= CAPABILITIES[name].bit
    if "batch" not in caps:
        shape &= ~Shape.MULTILINE
    return shape
