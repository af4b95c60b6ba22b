"""The modes of people: MODE with a nick. Everybody changes their own, and those of nobody else."""

from app.commands.answers import Refused
from app.commands.context import Context
from app.events import Kind
from app.live.audience import Audience
from app.wire import numerics
from app.wire.modes import USER_FLAGS, Change, format_changes, parse_changes


def show_or_change(ctx: Context, nick: str, modes: str) -> None:
    """Show the caller's own modes, or change them.

    Raises: Refused with ERR_NOSUCHNICK or ERR_USERSDONTMATCH when the nick is not the caller's.
    """
    if ctx.somebody(nick) is not ctx.me:
        raise Refused(numerics.ERR_USERSDONTMATCH)
    if modes:
        _change(ctx, modes)
    else:
        _show(ctx)


def _show(ctx: Context) -> None:
    """Tell which modes there are; an administrator has `o` beside those that were set."""
    me = ctx.me
    ctx.reply(numerics.RPL_UMODEIS, "+" + "".join(sorted(me.modes | ({"o"} if me.is_admin else set()))))


def _change(ctx: Context, modes: str) -> None:
    """Make changes; of several changes of one mode the last one counts."""
    me = ctx.me
    wanted = {change.letter: change for change in parse_changes(modes, [])}
    if not wanted.keys() <= set(USER_FLAGS):
        ctx.reply(numerics.ERR_UMODEUNKNOWNFLAG)
    known = [wanted[letter] for letter in wanted if letter in USER_FLAGS]
    made = [change for change in known if (change.letter in me.modes) != (change.sign == "+")]
    if made:
        _make(ctx, made)


def _make(ctx: Context, changes: list[Change]) -> None:
    """Let all devices of the caller hear of changes; like AWAY, they end with the session and are not stored."""
    event = ctx.event(Kind.USER_MODE, target=ctx.me.nick, text="".join(format_changes(changes)))
    ctx.batch.pass_on(event, Audience(ctx.me.clients), ctx.client)
    ctx.show(event)
