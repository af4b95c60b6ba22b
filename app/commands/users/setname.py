"""Real names: SETNAME (https://ircv3.net/specs/extensions/setname)."""

from app.commands.context import Context
from app.commands.errors import FailReply
from app.commands.registry import command
from app.events import Kind
from app.wire.framing import MAX_LINE_BYTES

MAX_REALNAME_LENGTH = 128  # characters
MAX_USER_LENGTH = 20  # characters


@command(cost=2, writes=True)
def setname(ctx: Context, realname: str) -> None:
    """Change your real name (at most 128 characters), as shown by WHOIS."""
    _check_realname(ctx, realname)
    event = ctx.event(Kind.REALNAME, text=realname)
    if "setname" in ctx.client.caps:
        ctx.emit(event)
    else:
        ctx.emit_without_reply(event)


def _check_realname(ctx: Context, realname: str) -> None:
    """Check that a real name is not blank and fits into a line.

    Raises: FailReply.
    """
    if not realname.strip():
        raise FailReply("SETNAME", "INVALID_REALNAME", text="The real name is empty")
    line = f":{ctx.me.source} SETNAME :{realname}\r\n".encode()
    if len(realname) > MAX_REALNAME_LENGTH or len(line) > MAX_LINE_BYTES:
        raise FailReply("SETNAME", "INVALID_REALNAME", text="The real name is too long")
