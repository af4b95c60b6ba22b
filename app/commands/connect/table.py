"""The commands of connecting, and those that describe the server."""

from app.commands.connect import cap, info, isupport, registration
from app.commands.registry import CommandEntry, Family

COMMANDS: tuple[CommandEntry, ...] = (
    Family(cap.cap, cap.cap_ls, cap.cap_list, cap.cap_req, cap.cap_end),
    info.motd,
    info.lusers,
    info.version,
    info.time,
    info.info,
    info.admin,
    info.links,
    isupport.isupport,
    registration.pass_,
    registration.nick,
    registration.user,
    registration.ping,
    registration.pong,
    registration.quit_,
)
