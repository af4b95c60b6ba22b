"""The ISUPPORT tokens (005), derived from the settings and the tables of `wire`."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext

from app.commands.batches import response_batch
from app.commands.context import Context
from app.commands.errors import NumericError
from app.commands.registry import command
from app.commands.runtime import Runtime
from app.commands.users.setname import MAX_REALNAME_LENGTH, MAX_USER_LENGTH
from app.engine.changeset import Changeset
from app.settings import ServerSettings
from app.wire import extbans, modes, numerics
from app.wire.packing import pack_words
from app.wire.template import NICK

CASEMAPPING = "ascii"
EXTENDED_ISUPPORT = "draft/extended-isupport"
MAX_TOKENS_PER_LINE = 13
MAX_TOKEN_BYTES_PER_LINE = 320  # leaves room for the longest server name, nick and text


def tokens(settings: ServerSettings) -> dict[str, str]:
    """Return the tokens and their values in the order sent; an empty value means a bare token."""
    return {
        "NETWORK": _network_value(settings.servername),
        "CASEMAPPING": CASEMAPPING,
        "CHANTYPES": "#",
        "CHANMODES": modes.chanmodes(),
        "PREFIX": modes.prefix(),
        "STATUSMSG": "@",
        "NAMELEN": str(MAX_REALNAME_LENGTH),
        "USERLEN": str(MAX_USER_LENGTH),
        "NICKLEN": str(settings.nick_length),
        "CHANNELLEN": str(settings.room_length),
        "TOPICLEN": str(settings.topic_length),
        "KICKLEN": str(settings.topic_length),
        "KEYLEN": str(modes.MAX_KEY_LENGTH),
        "AWAYLEN": str(settings.topic_length),
        "CHANLIMIT": f"#:{settings.max_rooms_per_user}",
        "MAXLIST": ",".join(f"{letter}:{settings.max_list_entries}" for letter in modes.LISTS),
        "MONITOR": str(settings.max_monitored),
        "MODES": str(modes.MAX_CHANGES),
        "TARGMAX": f"JOIN:,KICK:,NAMES:1,NOTICE:{settings.max_targets},PART:,PRIVMSG:{settings.max_targets},"
        f"TAGMSG:{settings.max_targets},WHOIS:1",
        "EXCEPTS": "e",
        "INVEX": "I",
        "EXTBAN": f"{extbans.PREFIX},{extbans.ACCOUNT}{extbans.MUTE}",
        "ACCOUNTEXTBAN": extbans.ACCOUNT,
        "ELIST": "CMNTU",
        "BOT": "B",
        "CHATHISTORY": str(settings.history_limit),
        "MSGREFTYPES": "msgid,timestamp",
        "UTF8ONLY": "",
        "WHOX": "",
        "SAFERATE": "",
        **({"draft/ICON": escape_value(settings.icon)} if settings.icon else {}),
    }


def _network_value(name: str) -> str:
    """Return the escaped name; a name too long for a line is cut between characters."""
    while len(escape_value(name)) > MAX_TOKEN_BYTES_PER_LINE - len("NETWORK="):
        name = name[:-1]
    return escape_value(name)


def escape_value(value: str) -> str:
    """Return a value with spaces, `=`, backslashes and bytes outside ASCII escaped as `\\xHH`."""
    plain = (
        chr(byte) if 32 < byte < 127 and chr(byte) not in "\\=" else f"\\x{byte:02X}"
        for byte in value.encode()
    )
    return "".join(plain)


@command("ISUPPORT", before_registration=True, reads_world=False)
def isupport(ctx: Context) -> None:
    """Show the features and limits of the server.

    Before registration, this requires the capability `draft/extended-isupport`.
    """
    if ctx.client.session is None and EXTENDED_ISUPPORT not in ctx.client.caps:
        raise NumericError(numerics.ERR_NOTREGISTERED)
    send_isupport(ctx)


def apply_settings(runtime: Runtime, changeset: Changeset, before: ServerSettings) -> None:
    """Send all registered clients the tokens affected by a settings change."""
    old, new = tokens(before), tokens(runtime.settings)
    words = [_format_token(name, value) for name, value in new.items() if old.get(name) != value]
    words += [f"-{name}" for name in old if name not in new]
    if words:
        for client in runtime.world.all_clients().clients:
            ctx = Context(runtime, changeset, client)
            with _isupport_batch(ctx) as tags:
                ctx.send_lines(*_lines(runtime, client.nick, words), **tags)


def send_isupport(ctx: Context) -> None:
    """Send all tokens."""
    with _isupport_batch(ctx) as tags:
        ctx.send_template(_all_lines, **tags)


def _all_lines(runtime: Runtime) -> Iterator[str]:
    return _lines(
        runtime, NICK, [_format_token(name, value) for name, value in tokens(runtime.settings).items()]
    )


def _format_token(name: str, value: str) -> str:
    return f"{name}={value}" if value else name


def _lines(runtime: Runtime, nick: str, words: Sequence[str]) -> Iterator[str]:
    for start in range(0, len(words), MAX_TOKENS_PER_LINE):
        for text in pack_words(words[start : start + MAX_TOKENS_PER_LINE], MAX_TOKEN_BYTES_PER_LINE):
            yield numerics.RPL_ISUPPORT.format(runtime.server_name, nick, *text.split(" "))


def _isupport_batch(ctx: Context) -> AbstractContextManager[dict[str, str]]:
    """Wrap the tokens in a `draft/isupport` batch if the client has negotiated it."""
    return response_batch(ctx, "draft/isupport") if EXTENDED_ISUPPORT in ctx.client.caps else nullcontext({})
