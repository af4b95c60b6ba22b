"""The commands of operators."""

from app.commands.operators import klines, moderation, oper, reloading, sajoin, statistics
from app.commands.registry import CommandEntry

COMMANDS: tuple[CommandEntry, ...] = (
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
)
