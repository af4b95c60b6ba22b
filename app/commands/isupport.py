"""The ISUPPORT tokens (005): what clients may rely on, derived from the settings and the wire's tables."""

from collections.abc import Sequence

from app.commands.answers import Refused
from app.commands.batches import batch
from app.commands.context import Context
from app.commands.declare import command
from app.commands.desk import Desk
from app.commands.realname import REALNAME_LETTERS, USER_LETTERS
from app.live.batch import Batch
from app.settings import ServerSettings
from app.wire import extbans, modes, numerics

CASEMAPPING = "ascii"
EXTENDED = "draft/extended-isupport"
TOKENS_A_LINE = 13  # most tokens on one 005


def tokens(settings: ServerSettings) -> dict[str, str]:
    """Return the tokens in the order they are sent; an empty value means a token without one."""
    return {
        "NETWORK": escaped(settings.servername),
        "CASEMAPPING": CASEMAPPING,
        "CHANTYPES": "#",
        "CHANMODES": modes.chanmodes(),
        "PREFIX": modes.prefix(),
        "STATUSMSG": "@",
        "NAMELEN": str(REALNAME_LETTERS),
        "USERLEN": str(USER_LETTERS),
        "NICKLEN": str(settings.nick_length),
        "CHANNELLEN": str(settings.room_length),
        "TOPICLEN": str(settings.topic_length),
        "KICKLEN": str(settings.topic_length),
        "KEYLEN": str(modes.KEY_LETTERS),
        "AWAYLEN": str(settings.topic_length),
        "CHANLIMIT": f"#:{settings.max_rooms_per_user}",
        "MAXLIST": ",".join(f"{letter}:{settings.max_list_entries}" for letter in modes.LISTS),
        "MONITOR": str(settings.max_monitored),
        "MODES": str(modes.MOST_CHANGES),
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
    }


def escaped(value: str) -> str:
    """Write the value of a token in ASCII, without what ends it or escapes: such bytes as `\\xHH`."""
    plain = (
        chr(byte) if 32 < byte < 127 and chr(byte) not in "\\=" else f"\\x{byte:02X}"
        for byte in value.encode()
    )
    return "".join(plain)


@command("ISUPPORT", early=True, blind=True)
def isupport(ctx: Context) -> None:
    """Show what this server supports; clients that asked for `draft/extended-isupport` may do so at any time."""
    if ctx.client.session is None and EXTENDED not in ctx.client.caps:
        raise Refused(numerics.ERR_NOTREGISTERED)
    show(ctx)


def renew(desk: Desk, batch: Batch) -> None:
    """Derive the tokens from other settings, and tell everybody those that are not as they were."""
    before, desk.tokens = desk.tokens, tokens(desk.settings)
    words = [_written(name, value) for name, value in desk.tokens.items() if before.get(name) != value]
    words += [f"-{name}" for name in before if name not in desk.tokens]
    if words:
        for client in desk.world.everybody().clients:
            _tell(Context(desk, batch, client), words)


def show(ctx: Context) -> None:
    """Tell what this server supports."""
    _tell(ctx, [_written(name, value) for name, value in ctx.desk.tokens.items()])


def _written(name: str, value: str) -> str:
    return f"{name}={value}" if value else name


def _tell(ctx: Context, words: Sequence[str]) -> None:
    """Tell tokens, some a line; in a batch to clients that know of it."""
    lines = [words[start : start + TOKENS_A_LINE] for start in range(0, len(words), TOKENS_A_LINE)]
    if not {EXTENDED, "batch"} <= ctx.client.caps:
        for line in lines:
            ctx.reply(numerics.RPL_ISUPPORT, *line)
        return
    with batch(ctx, "draft/isupport") as tags:
        for line in lines:
            ctx.reply(numerics.RPL_ISUPPORT, *line, **tags)
