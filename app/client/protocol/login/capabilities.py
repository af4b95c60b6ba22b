"""The capabilities that the client requests."""

from app.client.protocol.history import playback
from app.client.protocol.model import UserOptions

REGISTRATION = "draft/account-registration"
SUPPORTED_CAPABILITIES = (
    "server-time",
    "message-tags",
    "echo-message",
    "batch",
    "labeled-response",
    "multi-prefix",
    "userhost-in-names",
    "sasl",
    "account-tag",
    "account-notify",
    "extended-join",
    "away-notify",
    "cap-notify",
    "draft/chathistory",
    "draft/multiline",
    "draft/read-marker",
    "draft/message-redaction",
    REGISTRATION,
    "soju.im/search",
    "standard-replies",
)


def wanted_capabilities(options: UserOptions) -> tuple[str, ...]:
    """Return the capabilities to request if the server offers them."""
    return (*SUPPORTED_CAPABILITIES, *([playback.CAPABILITY] if options.wants_events else []))
