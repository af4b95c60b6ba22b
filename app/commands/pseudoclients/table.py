"""The commands of the pseudoclients: NickServ, HistServ and playback."""

from app.commands.pseudoclients import histserv, nickserv, nickserv_cert, nickserv_drop, znc
from app.commands.registry import CommandEntry, Family

COMMANDS: tuple[CommandEntry, ...] = (
    Family(
        histserv.histserv,
        histserv.histserv_help,
        histserv.histserv_last,
        histserv.histserv_context,
        histserv.histserv_search,
        histserv.histserv_retention,
    ),
    Family(
        nickserv.nickserv,
        nickserv.nickserv_help,
        nickserv.nickserv_register,
        nickserv.nickserv_verify,
        nickserv.nickserv_identify,
        nickserv.nickserv_logout,
        nickserv.nickserv_ghost,
        nickserv.nickserv_regain,
        Family(
            nickserv.nickserv_set,
            nickserv.nickserv_set_password,
            nickserv.nickserv_set_always_on,
        ),
        nickserv.nickserv_info,
        Family(nickserv_drop.nickserv_drop, nickserv_drop.nickserv_drop_confirm),
        nickserv_drop.nickserv_export,
        Family(
            nickserv_cert.nickserv_cert,
            nickserv_cert.nickserv_cert_add,
            nickserv_cert.nickserv_cert_del,
            nickserv_cert.nickserv_cert_list,
        ),
    ),
    Family(
        znc.playback,
        znc.playback_help,
        znc.playback_play,
        znc.playback_list,
        znc.playback_clear,
    ),
    znc.znc,
)
