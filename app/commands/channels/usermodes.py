"""User modes: MODE with a nick. Users can only view and change their own."""

from app.commands.context import Context
from app.commands.errors import NumericError
from app.commands.runtime import Runtime
from app.commands.sessions import account_roles
from app.commands.sessions.bans import enforce_bans_on
from app.engine.changeset import Changeset
from app.engine.world.user import User
from app.events import Kind
from app.events.data import OperData
from app.wire import numerics
from app.wire.modes import USER_FLAGS, ModeChange, format_changes, parse_changes


def show_or_change(ctx: Context, nick: str, modes: str) -> None:
    """Show or change the caller's own modes.

    Raises: NumericError with ERR_NOSUCHNICK or ERR_USERSDONTMATCH when the nick is another user's.
    """
    if ctx.get_user(nick) is not ctx.me:
        raise NumericError(numerics.ERR_USERSDONTMATCH)
    if modes:
        _change(ctx, modes)
    else:
        _show(ctx)


def _show(ctx: Context) -> None:
    """Send the modes, including the implied `o` of an administrator."""
    me = ctx.me
    ctx.reply(numerics.RPL_UMODEIS, "+" + "".join(sorted(me.modes | ({"o"} if me.is_admin else set()))))


def _change(ctx: Context, modes: str) -> None:
    """Apply the requested changes; the last change of a mode wins.

    `+o` is ignored, as RFC 2812 section 3.1.5 requires; see OPER.
    """
    me = ctx.me
    requested = {change.letter: change for change in parse_changes(modes, [])}
    if not requested.keys() <= set(USER_FLAGS + "o"):
        ctx.reply(numerics.ERR_UMODEUNKNOWNFLAG)
    known = [requested[letter] for letter in requested if letter in USER_FLAGS]
    effective = [change for change in known if (change.letter in me.modes) != (change.sign == "+")]
    if "o" in requested and requested["o"].sign == "-" and me.is_admin:
        effective.append(requested["o"])
    if effective:
        apply_changes(ctx, effective)


def apply_changes(ctx: Context, changes: list[ModeChange]) -> None:
    """Apply changes, which last for the session, and notify all of the user's clients."""
    before = account_roles.account_roles_of(ctx.runtime, ctx.me)
    event = ctx.event(Kind.USER_MODE, target=ctx.me.nick, text="".join(format_changes(changes)))
    ctx.emit(event)
    account_roles.update_account_roles(ctx.runtime, ctx.changeset, ctx.me, before)
    enforce_bans_on(ctx.runtime, ctx.changeset, ctx.me)


def grant_admin(ctx: Context, name: str) -> None:
    """Grant administrator status after a successful OPER, and notify the user's clients.

    `name` is the operator name.
    """
    before = account_roles.account_roles_of(ctx.runtime, ctx.me)
    event = ctx.event(Kind.OPERED, target=name, data=OperData(ctx.client.address))
    if ctx.me.is_admin:
        ctx.emit_without_reply(event)
    else:
        ctx.emit(event)
    account_roles.update_account_roles(ctx.runtime, ctx.changeset, ctx.me, before)


def revoke_admin(runtime: Runtime, changeset: Changeset, user: User) -> None:
    """Revoke the administrator status that a user gained by OPER, and notify their clients."""
    before = account_roles.account_roles_of(runtime, user)
    event = user.event(Kind.USER_MODE, target=user.nick, text="-o")
    changeset.emit(event)
    account_roles.update_account_roles(runtime, changeset, user, before)
    enforce_bans_on(runtime, changeset, user)
