"""The list of all commands. HELP lists subcommands in the order given here."""

from app.commands import help
from app.commands.accounts import login, register, sasl, verify
from app.commands.channels import invite, joining, kick, lists, markers, mode, parting, renaming, topic
from app.commands.chathistory import history, search
from app.commands.connect import cap, info, isupport, registration
from app.commands.messaging import messages, multiline, redaction
from app.commands.metadata import metadata, subscriptions, syncing
from app.commands.operators import klines, moderation, oper, reloading, sajoin, statistics
from app.commands.pseudoclients import histserv, nickserv, nickserv_cert, nickserv_drop, znc
from app.commands.registry import CommandTable, Family
from app.commands.users import away, chghost, monitor, setname, who, whois


def build_command_table() -> CommandTable:
    """Return the table of all commands."""
    return CommandTable(
        help.help_,
        help.helpop,
        # accounts
        login.logout,
        register.register,
        sasl.authenticate,
        verify.verify,
        # channels
        joining.join,
        lists.list_,
        lists.names,
        markers.markread,
        mode.mode,
        parting.part,
        kick.kick,
        renaming.rename,
        topic.topic,
        invite.invite,
        # history
        Family(
            history.chathistory,
            history.chathistory_latest,
            history.chathistory_before,
            history.chathistory_after,
            history.chathistory_around,
            history.chathistory_between,
            history.chathistory_targets,
        ),
        search.search,
        # connecting
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
        # messages
        messages.privmsg,
        messages.notice,
        messages.tagmsg,
        multiline.batch,
        redaction.redact,
        # metadata
        Family(
            metadata.metadata,
            metadata.metadata_get,
            metadata.metadata_list,
            metadata.metadata_set,
            metadata.metadata_clear,
            syncing.metadata_sync,
            subscriptions.metadata_sub,
            subscriptions.metadata_unsub,
            subscriptions.metadata_subs,
        ),
        # operators
        klines.kline,
        klines.unkline,
        klines.dline,
        klines.undline,
        moderation.kill,
        moderation.wallops,
        oper.oper,
        reloading.rehash,
        sajoin.sajoin,
        sajoin.samode,
        statistics.stats,
        # pseudoclients
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
        # users
        away.away,
        chghost.chghost,
        Family(
            monitor.monitor,
            monitor.monitor_add,
            monitor.monitor_remove,
            monitor.monitor_c,
            monitor.monitor_l,
            monitor.monitor_s,
        ),
        setname.setname,
        who.who,
        whois.whois,
        whois.whowas,
        whois.ison,
        whois.userhost,
    )
