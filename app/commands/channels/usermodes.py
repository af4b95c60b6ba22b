"""The modes of people: MODE with a nick. Everybody changes their own, and those of nobody else."""

from app.commands.context import Context
from app.commands.errors import NumericError
from app.commands.runtime import Runtime
from app.commands.sessions import account_roles
from app.engine.changeset import Changeset
from app.engine.delivery.audience import Audience
from app.engine.world.user import User
from app.events import Kind
from app.wire import numerics
from app.wire.modes import USER_FLAGS, ModeChange, format_changes, parse_changes


def show_or_change(ctx: Context, nick: str, modes: str) -> None:
    """Show the caller's own modes, or change them.

    Raises: Refused with ERR_NOSUCHNICK or ERR_USERSDONTMATCH when the nick is not the caller's.
    """
    if ctx.get_user(nick) is not ctx.me:
        raise NumericError(numerics.ERR_USERSDONTMATCH)
    if modes:
        _change(ctx, modes)
    else:
        _show(ctx)


def _show(ctx: Context) -> None:
    """Tell which modes there are; an administrator has `o` beside those that were set."""
    me = ctx.me
    ctx.reply(numerics.RPL_UMODEIS, "+" + "".join(sorted(me.modes | ({"o"} if me.is_admin else set()))))


def _change(ctx: Context, modes: str) -> None:
    """Make changes; of several changes of one mode the last one counts.

    To become an administrator there is OPER; `+o` is ignored (RFC 2812 section 3.1.5).
    """
    me = ctx.me
    wanted = {change.letter: change for change in parse_changes(modes, [])}
    if not wanted.keys() <= set(USER_FLAGS + "o"):
        ctx.reply(numerics.ERR_UMODEUNKNOWNFLAG)
    known = [wanted[letter] for letter in wanted if letter in USER_FLAGS]
    made = [change for change in known if (change.letter in me.modes) != (change.sign == "+")]
    if "o" in wanted and wanted["o"].sign == "-" and me.is_admin:
        made.append(wanted["o"])
    if made:
        apply_changes(ctx, made)


def apply_changes(ctx: Context, changes: list[ModeChange]) -> None:
    """Make changes, and let all devices hear of them; like AWAY, they end with the session and are not stored."""
    before = account_roles.account_roles_of(ctx.runtime, ctx.me)
    event = ctx.event(Kind.USER_MODE, target=ctx.me.nick, text="".join(format_changes(changes)))
    ctx.changeset.pass_on(event, Audience(ctx.me.clients), ctx.client)
    ctx.send_event(event)
    account_roles.update_account_roles(ctx.runtime, ctx.changeset, ctx.me, before)


def grant_admin(ctx: Context, name: str) -> None:
    """Let the caller be an administrator by a name for OPER, and let all devices hear of it unless they were one."""
    before, audience = account_roles.account_roles_of(ctx.runtime, ctx.me), Audience(ctx.me.clients)
    event = ctx.event(Kind.OPERED, target=name, data={"address": ctx.client.address})
    if ctx.me.is_admin:
        ctx.emit_without_reply(event)
    else:
        ctx.emit(event, audience)
    account_roles.update_account_roles(ctx.runtime, ctx.changeset, ctx.me, before)


def revoke_admin(runtime: Runtime, changeset: Changeset, user: User) -> None:
    """Let somebody be an administrator by OPER no longer."""
    before = account_roles.account_roles_of(runtime, user)
    event = user.event(Kind.USER_MODE, target=user.nick, text="-o")
    changeset.pass_on(event, Audience(user.clients))
    account_roles.update_account_roles(runtime, changeset, user, before)
