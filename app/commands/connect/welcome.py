"""The welcome burst after registration (RFC 2812 section 5.1)."""

from collections.abc import Iterator

from app.clock import to_text
from app.commands.connect import info, isupport
from app.commands.context import Context
from app.commands.metadata import registration as metadata_registration
from app.commands.runtime import Runtime
from app.wire import modes, numerics
from app.wire.template import NICK

USER_MODES = "".join(sorted(modes.USER_FLAGS + "o"))
ROOM_MODES = "".join(
    sorted(modes.LISTS + modes.ARGUMENT_ALWAYS + modes.ARGUMENT_WHEN_SET + modes.FLAGS + modes.ROLES)
)


def send_welcome(ctx: Context) -> None:
    """Send the welcome burst: 001 to 005, LUSERS, the client's metadata and MOTD."""
    ctx.send_template(_welcome_lines)
    isupport.send_isupport(ctx)
    info.lusers(ctx)
    metadata_registration.finish_registration(ctx)
    info.motd(ctx)


def _welcome_lines(runtime: Runtime) -> Iterator[str]:
    to = (runtime.server_name, NICK)
    yield numerics.RPL_WELCOME.format(*to, text=f"Welcome to {runtime.network_name}, {NICK}")
    yield numerics.RPL_YOURHOST.format(
        *to, text=f"Your host is {runtime.server_name}, running {runtime.version}"
    )
    yield numerics.RPL_CREATED.format(*to, text=f"This server was started {to_text(runtime.serving_since)}")
    yield numerics.RPL_MYINFO.format(*to, runtime.server_name, runtime.version, USER_MODES, ROOM_MODES)
