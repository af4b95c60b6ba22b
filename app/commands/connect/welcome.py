"""The welcome: the burst of lines after registration (RFC 2812 section 5.1)."""

from collections.abc import Iterator

from app.clock import to_text
from app.commands.connect import info, isupport
from app.commands.context import Context
from app.commands.metadata import metadata
from app.commands.runtime import Desk
from app.wire import modes, numerics
from app.wire.form import NICK

USER_MODES = "".join(sorted(modes.USER_FLAGS + "o"))
ROOM_MODES = "".join(sorted(modes.LISTS + modes.ALWAYS + modes.WHEN_SET + modes.FLAGS + modes.ROLES))


def welcome(ctx: Context) -> None:
    """Greet somebody who finished registration."""
    ctx.recite(_greeting)
    isupport.show(ctx)
    info.lusers(ctx)
    metadata.greet(ctx)
    info.motd(ctx)


def _greeting(desk: Desk) -> Iterator[str]:
    to = (desk.server, NICK)
    yield numerics.RPL_WELCOME.written(*to, text=f"Welcome to {desk.network}, {NICK}")
    yield numerics.RPL_YOURHOST.written(*to, text=f"Your host is {desk.server}, running {desk.version}")
    yield numerics.RPL_CREATED.written(*to, text=f"This server was started {to_text(desk.started)}")
    yield numerics.RPL_MYINFO.written(*to, desk.server, desk.version, USER_MODES, ROOM_MODES)
