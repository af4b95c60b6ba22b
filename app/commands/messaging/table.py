"""The commands that send and redact messages."""

from app.commands.messaging import messages, multiline, redaction
from app.commands.registry import CommandEntry

COMMANDS: tuple[CommandEntry, ...] = (
    messages.privmsg,
    messages.notice,
    messages.tagmsg,
    multiline.batch,
    redaction.redact,
)
