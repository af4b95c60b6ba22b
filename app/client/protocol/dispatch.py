"""The table of handlers for lines from the server.

A handler is a generator function: it receives the state and a line, updates the state, and yields
effects, each of which is a line to send or an event to show.
"""

from collections.abc import Callable

from app.client.protocol import lag
from app.client.protocol.effects import Effects
from app.client.protocol.history import unread
from app.client.protocol.login import registration, sasl
from app.client.protocol.membership import away, moderation, rooms
from app.client.protocol.messaging import messages, references
from app.client.protocol.model import ClientState
from app.client.protocol.replies import query_replies, reply_texts
from app.client.protocol.sending import pending
from app.wire.line import Line

Handler = Callable[[ClientState, Line], Effects]

HANDLERS: dict[str, Handler] = {
    **reply_texts.HANDLERS,  # the entries below override them
    # registration and login
    "CAP": registration.on_cap,
    "001": registration.on_welcome,
    "004": registration.on_server_info,
    "005": registration.on_isupport,
    **dict.fromkeys(("432", "433", "436", "437"), registration.on_nick_error),
    "NICK": registration.on_nick,
    "AUTHENTICATE": sasl.on_authenticate,
    "900": sasl.on_logged_in,
    "901": registration.on_logged_out,
    "903": registration.on_sasl_success,
    **dict.fromkeys(("902", "904", "905", "906", "908"), sasl.on_sasl_error),
    "907": sasl.on_already_logged_in,
    "ACCOUNT": sasl.on_account,
    "REGISTER": sasl.on_registered,
    "VERIFY": sasl.on_registered,
    # messages
    "PRIVMSG": messages.on_message,
    "NOTICE": messages.on_message,
    "TAGMSG": references.on_tagmsg,
    "REDACT": references.on_redact,
    "MARKREAD": unread.on_markread,
    "PING": pending.on_ping,
    "PONG": lag.on_pong,
    # rooms
    "JOIN": rooms.on_join,
    "PART": rooms.on_part,
    "KICK": rooms.on_kick,
    "QUIT": rooms.on_quit,
    "TOPIC": rooms.on_topic,
    "331": rooms.on_topic_reply,
    "332": rooms.on_topic_reply,
    "333": rooms.on_topic_author,
    "353": rooms.on_names_reply,
    "366": rooms.on_end_of_names,
    "AWAY": away.on_away,
    "INVITE": rooms.on_invite,
    "MODE": rooms.on_mode,
    **dict.fromkeys(("403", "405", "471", "473", "474", "475", "476", "477", "479"), rooms.on_join_error),
    "221": moderation.on_own_modes,
    "324": moderation.on_modes,
    **dict.fromkeys(("346", "348", "367", "941"), moderation.on_list_entry),
    **dict.fromkeys(moderation.LISTS, moderation.on_end_of_mask_list),
    # queries, standard replies and errors
    "318": query_replies.on_end_of_whois,
    "369": query_replies.on_end_of_whois,
    "301": away.on_away_reply,
    "305": away.on_own_away,
    "306": away.on_own_away,
    "263": away.on_try_again,
    "354": away.on_whox_reply,
    "352": query_replies.on_who_reply,
    "322": query_replies.on_list_reply,
    "315": query_replies.on_end_of_who,
    "323": query_replies.on_end_of_list,
    "372": query_replies.on_motd,
    "421": query_replies.on_unknown_command,
    "451": query_replies.on_unknown_command,
    "NOTE": query_replies.on_note,
    "WARN": query_replies.on_note,
    "FAIL": query_replies.on_fail,
    "ERROR": query_replies.on_error,
    "KILL": query_replies.on_kill,
    **dict.fromkeys(query_replies.IGNORED, query_replies.on_ignored),
}


def dispatch(state: ClientState, line: Line) -> Effects:
    """Pass a line to its handler, or fail the pending message to which an error reply refers."""
    failures = list(pending.refuse(state, line)) if _is_error(line) else []
    yield from failures or HANDLERS.get(line.command, query_replies.on_unknown)(state, line)


def _is_error(line: Line) -> bool:
    return line.command == "FAIL" or (line.command.isdecimal() and "400" <= line.command < "600")
